import { SolyxError } from '@solyx/kernel';
import { AGENT_LOGS, AgentLogLine, agentLogSubject, nodeOfSubject, readMessage } from '@solyx/contracts';
import type { NatsLink } from '@solyx/eventing';
import { DeliverPolicy, type Consumer, type JsMsg, type OrderedConsumerOptions } from 'nats';
import { LogLines, type LogLineView } from '../application/log-lines';

const AT_ONCE = 256;
/** An agent's lines are stored before it reports their task's end; one of a simulated task may come a little later. */
const GRACE_MS = 100;
const LOOK_MS = 50;

type ReadOptions = Parameters<LogLines['read']>[0];

/** Output from the JetStream stream of all agents, by an ordered consumer of its own per reader. */
export class JetStreamLogLines extends LogLines {
  constructor(private readonly link: NatsLink) {
    super();
  }

  override async *read(options: ReadOptions): AsyncGenerator<LogLineView> {
    const consumer = await this.consumer(options);
    const messages = await consumer.consume({ max_messages: AT_ONCE });
    let newest = performance.now();
    let reading = false;
    const close = (): void => void messages.close();
    const isQuiet = (): boolean => !reading && messages.getPending() === 0 && performance.now() - newest > GRACE_MS;
    const look = async (): Promise<void> => {
      if (!options.ended() || !isQuiet()) return;
      // What the bus sent before its answer has arrived with it: a bus that is slow is waited for.
      await this.link.connection().then((connection) => connection.flush());
      if (isQuiet()) close();
    };
    const looking = setInterval(() => void look().catch(() => undefined), LOOK_MS);
    options.signal.addEventListener('abort', close, { once: true });
    try {
      for await (const message of messages) {
        if (options.signal.aborted) return;
        reading = true;
        const line = toLine(message, options.jobId);
        if (line) yield line;
        reading = false;
        newest = performance.now();
      }
    } finally {
      clearInterval(looking);
      options.signal.removeEventListener('abort', close);
      await messages.close();
    }
  }

  private async consumer({ organizationId, jobId, after }: ReadOptions): Promise<Consumer> {
    const connection = await this.link.connection();
    // Always by sequence: asked for all, the client sends a start sequence too, which nats-server refuses.
    const start: Partial<OrderedConsumerOptions> = {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: Math.max(1, Number(after ?? 0n) + 1),
    };
    try {
      return await connection
        .jetstream({ checkAPI: false })
        .consumers.get(AGENT_LOGS, { filterSubjects: agentLogSubject('*', organizationId, jobId), ...start });
    } catch (cause) {
      throw new SolyxError(
        'Unavailable',
        'the output of jobs cannot be read now',
        {},
        { cause, reason: 'LogsUnavailable' },
      );
    }
  }
}

/** What is not a line is left out: its sender is an agent, not this reader. */
function toLine(message: JsMsg, jobId: string): LogLineView | undefined {
  try {
    const { attempt, rank, stream, text, at } = readMessage(AgentLogLine, message.json());
    const nodeId = nodeOfSubject(message.subject) ?? '';
    return { jobId, attempt, rank, nodeId, stream, text, sequence: String(message.seq), at };
  } catch {
    return undefined;
  }
}
