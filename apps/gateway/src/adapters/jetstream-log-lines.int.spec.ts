import { connect, type NatsConnection } from 'nats';
import { AGENT_LOGS, AGENT_LOG_SUBJECTS, agentLogSubject, type AgentLogLine } from '@solyx/contracts';
import { NatsLink } from '@solyx/eventing';
import { withNats } from '@solyx/testing';
import type { LogLineView } from '../application/log-lines';
import { JetStreamLogLines } from './jetstream-log-lines';

describe('Output of jobs on JetStream', () => {
  // Before the server's own end: a client that drains needs a server.
  afterAll(async () => {
    await link.close();
    await connection.close();
  });
  const nats = withNats();
  let connection: NatsConnection;
  let link: NatsLink;
  let lines: JetStreamLogLines;

  beforeAll(async () => {
    connection = await connect({ servers: nats.url });
    await (await connection.jetstreamManager()).streams.add({ name: AGENT_LOGS, subjects: [AGENT_LOG_SUBJECTS] });
    link = new NatsLink('gateway', {
      ...{ eventStoreUrl: '', natsUrl: nats.url, postgresUrl: '', instance: 'spec' },
    });
    lines = new JetStreamLogLines(link);
  });

  const say = async (jobId: string, text: string, organizationId = 'acme', nodeId = 'node-1'): Promise<void> => {
    const line: AgentLogLine = {
      ...{ taskId: 't', attempt: 1, rank: 0, stream: 'stdout', text, offset: 0, at: '2026-01-01T00:00:00.000Z' },
    };
    await connection.jetstream().publish(agentLogSubject(nodeId, organizationId, jobId), JSON.stringify(line));
  };

  const read = async (
    jobId: string,
    more: { after?: bigint; ended?: () => boolean; onLine?: (line: LogLineView, stop: AbortController) => void } = {},
  ): Promise<readonly LogLineView[]> => {
    const stop = new AbortController();
    const found: LogLineView[] = [];
    const options = { organizationId: 'acme', jobId, signal: stop.signal, ended: more.ended ?? (() => true) };
    for await (const line of lines.read({ ...options, ...(more.after === undefined ? {} : { after: more.after }) })) {
      found.push(line);
      more.onLine?.(line, stop);
    }
    return found;
  };

  it('is read in order from the beginning, of one job and one tenant alone', async () => {
    await say('job_1', 'one');
    await say('job_2', 'of another job');
    await say('job_1', 'of another tenant', 'rival');
    await say('job_1', 'two', 'acme', 'node-2');
    const found = await read('job_1');
    expect(found.map(({ text, nodeId }) => [nodeId, text])).toEqual([
      ['node-1', 'one'],
      ['node-2', 'two'],
    ]);
    const [first] = found;
    const rest = await read('job_1', { after: BigInt(first?.sequence ?? 0) });
    expect(rest.map(({ text }) => text)).toEqual(['two']);
  });

  it('goes on as lines come, and ends when the job has ended and the last is out', async () => {
    let ended = false;
    await say('job_3', '0');
    const found = await read('job_3', {
      ended: () => ended,
      onLine: ({ text }) => {
        if (Number(text) < 5) void say('job_3', String(Number(text) + 1));
        else ended = true;
      },
    });
    expect(found.map(({ text }) => text)).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  it('ends when the reader leaves, and leaves out what is not a line', async () => {
    await connection.jetstream().publish(agentLogSubject('node-1', 'acme', 'job_4'), 'no JSON');
    await say('job_4', 'a line');
    const found = await read('job_4', { ended: () => false, onLine: (_line, stop) => stop.abort() });
    expect(found.map(({ text }) => text)).toEqual(['a line']);
  });

  it('ends at once where a job printed nothing', async () => expect(await read('job_5')).toEqual([]));
});
