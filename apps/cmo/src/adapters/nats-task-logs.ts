import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { AGENT_LOG_SUBJECTS, AGENT_LOGS, agentLogSubject, logLineId, type AgentLogLine } from '@solyx/contracts';
import { NatsLink } from '@solyx/eventing';
import { DiscardPolicy, headers, nanos, NatsError, RetentionPolicy, StorageType, type NatsConnection } from 'nats';
import { TaskLogs, type LogTarget } from '../application/task-logs';

const HOUR_MS = 3_600_000;
const NAME_IN_USE = 10058;
const RETRY_MS = 2_000;
const encoder = new TextEncoder();

/** Output of all tasks: bounded, the oldest goes first. nats-server 2.9 knows every setting. */
export const agentLogsConfig = {
  name: AGENT_LOGS,
  subjects: [AGENT_LOG_SUBJECTS],
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.Old,
  max_age: nanos(24 * HOUR_MS),
  max_bytes: 1024 ** 3,
  max_msg_size: 64 * 1024,
  // An agent that was away repeats the lines it has no receipt for.
  duplicate_window: nanos(HOUR_MS / 6),
  allow_direct: true,
};

/** Declares the stream of all output, and writes the lines of simulated tasks into it. */
@Injectable()
export class NatsTaskLogs extends TaskLogs implements OnApplicationBootstrap {
  private readonly logger = new Logger('TaskLogs');

  constructor(private readonly link: NatsLink) {
    super();
  }

  /** Nothing waits for the bus: a service starts without it, and the stream is declared when it is there. */
  onApplicationBootstrap(): void {
    void this.declare();
  }

  private async declare(): Promise<void> {
    try {
      await declareAgentLogs(await this.link.connection());
    } catch (error) {
      this.logger.warn(`the stream ${AGENT_LOGS} could not be declared yet: ${String(error)}`);
      setTimeout(() => void this.declare(), RETRY_MS).unref();
    }
  }

  override write({ nodeId, organizationId, jobId }: LogTarget, line: AgentLogLine): void {
    const header = headers();
    header.set('Nats-Msg-Id', logLineId(line));
    const body = encoder.encode(JSON.stringify(line));
    void this.link
      .connection()
      .then((connection) =>
        connection.publish(agentLogSubject(nodeId, organizationId, jobId), body, { headers: header }),
      )
      .catch((error: unknown) => this.logger.debug(`a line of ${jobId} was lost: ${String(error)}`));
  }
}

/** Creates the stream, or brings it to the declared shape. */
export async function declareAgentLogs(connection: NatsConnection): Promise<void> {
  const manager = await connection.jetstreamManager({ checkAPI: false });
  try {
    await manager.streams.add(agentLogsConfig);
  } catch (error) {
    if (!(error instanceof NatsError) || error.api_error?.err_code !== NAME_IN_USE) throw error;
    await manager.streams.update(AGENT_LOGS, agentLogsConfig);
  }
}
