import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { AckPolicy, connect, headers, type NatsConnection } from 'nats';
import { agentConsumer, AGENT_LOGS, agentLogSubject, agentSubject, agentTaskSubjects } from '@solyx/contracts';
import { JobSubmitted } from '@solyx/contracts/gateway';
import { AllocationGranted, NodeRegistered } from '@solyx/contracts/drm';
import { HoldPlaced } from '@solyx/contracts/billing';
import { encodeMessage, EventStoreLog, NatsBus, NatsLink, type ContextName } from '@solyx/eventing';
import { deriveId, SystemRandom, type DomainEvent, type Recorded } from '@solyx/kernel';
import { eventually, withEventStore, withNats, withPostgres } from '@solyx/testing';
import { taskIdOf } from './application/task-assignment';
import { allocation, spec, T0, terms } from './test/job-fixtures';

const MAIN = path.join(__dirname, '..', 'dist', 'main.js');
const jobId = 'job_int';
const nodeId = 'node_0';

/** The service as it is shipped, between a real store, a real bus and a real database. Build first. */
describe('cmo as a process', () => {
  const postgres = withPostgres();
  const nats = withNats();
  const store = withEventStore(() => postgres.url);
  let service: ChildProcess;
  let log: EventStoreLog;
  let connection: NatsConnection;
  const sequences = new Map<ContextName, number>();

  const start = async () => {
    const env = {
      ...process.env,
      SOLYX_EVENTSTORE_URL: store.url,
      SOLYX_NATS_URL: nats.url,
      SOLYX_CMO_POSTGRES_URL: postgres.url,
      SOLYX_LOG_LEVEL: process.env['SOLYX_SPEC_LOG'] ?? 'error',
    };
    const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const [what] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as unknown[];
    expect(what).toEqual({ solyx: 'ready', service: 'cmo' });
    return child;
  };

  /** A fact of another context, on record and on the bus, as its relay would bring it. */
  const happens = async (context: ContextName, stream: string, event: DomainEvent): Promise<void> => {
    const id = deriveId('int', stream, event.type);
    const actor = { kind: 'key', id: 'key_1', roles: ['owner'] } as const;
    const metadata = { version: 1, organizationId: 'acme', actor, $correlationId: 'request-1', $causationId: id };
    const { revision, position } = await log.append(stream, [{ ...event, id, metadata }], 'any');
    const recorded: Recorded = { ...event, id, stream, revision, position, recordedAt: T0, metadata };
    const bus = new NatsBus(new NatsLink(context, { ...options(), instance: `spec-${context}` }));
    await bus.declare(context);
    const sequence = sequences.get(context) ?? 0;
    sequences.set(context, await bus.publish(context, encodeMessage(recorded), sequence));
    await bus.close();
  };
  const options = () => ({
    ...{ eventStoreUrl: store.url, natsUrl: nats.url, postgresUrl: postgres.url, instance: 'spec' },
  });
  const factsOf = async (stream: string): Promise<readonly string[]> => {
    const types: string[] = [];
    for await (const { type } of log.readStream(stream)) types.push(type);
    return types;
  };
  const until = (stream: string, type: string) => eventually(async () => expect(await factsOf(stream)).toContain(type));

  beforeAll(async () => {
    log = new EventStoreLog(store.url, new SystemRandom());
    connection = await connect({ servers: nats.url });
    service = await start();
  });

  afterAll(async () => {
    service.kill('SIGTERM');
    await once(service, 'exit');
    await log.close();
    await connection.close();
  });

  it('runs a job with an agent over the real bus, and again when it was killed in between', async () => {
    const facts = { hostname: 'h', os: 'Linux', cpuMilli: 1000, memoryMiB: 1000, gpus: [] };
    await happens('drm', `drm.node-${nodeId}`, NodeRegistered({ terms: terms(nodeId, 'agent'), facts, at: T0 }));
    const submitted = { requestId: 'req_1', fingerprint: 'f', jobId, spec: spec(), at: T0 };
    await happens('gateway', 'gateway.request-req_1', JobSubmitted(submitted));
    await until(`cmo.job-${jobId}`, 'cmo.job.queued');

    service.kill('SIGKILL');
    await once(service, 'exit');
    service = await start();

    const hold = { holdId: 'hold_1', organizationId: 'acme', jobId, amountMicroUsd: '5000000', at: T0 };
    await happens('billing', 'billing.budget-acme', HoldPlaced(hold));
    const grant = { ...allocation(), workloadId: jobId };
    const granted = { allocation: grant, policy: 'best-fit/1', candidates: [], sentence: 'it fits', at: T0 };
    await happens('drm', 'drm.partition-main', AllocationGranted(granted));
    await until(`cmo.dispatch-${nodeId}`, 'cmo.dispatch.task-assigned');

    const consumer = await eventually(() => connection.jetstream().consumers.get('SOLYX_CMO', agentConsumer(nodeId)));
    const assigned = await eventually(async () => {
      const message = await consumer.next({ expires: 1_000 });
      if (!message) throw new Error('no task yet');
      return message;
    });
    const info = await consumer.info();
    expect(info.config).toMatchObject({ ack_policy: AckPolicy.Explicit, filter_subject: agentTaskSubjects(nodeId) });
    const taskId = taskIdOf(jobId, 1, 0);
    expect(assigned.json()).toMatchObject({ taskId, nodeId, command: ['true'] });
    expect(assigned.headers?.get('ce-correlationid')).toBe('request-1');

    const say = async (kind: string, more: object = {}) => {
      const report = { reportId: `${taskId}-${kind}`, kind, taskId, jobId, attempt: 1, rank: 0, at: T0, ...more };
      const answer = await connection.request(agentSubject(nodeId, 'report'), JSON.stringify(report), {
        timeout: 9_000,
      });
      return answer.json();
    };
    expect(await say('started')).toEqual({ recorded: true });
    expect(await say('exited', { exitCode: 'none' })).toMatchObject({
      recorded: false,
      refusal: { code: 'InvalidArgument', retryable: false },
    });
    expect(await say('exited', { exitCode: 0 })).toEqual({ recorded: true });
    expect((await factsOf(`cmo.job-${jobId}`)).at(-1)).toBe('cmo.job.succeeded');
  });

  it('keeps the output of all tasks, each line once', async () => {
    const header = headers();
    header.set('Nats-Msg-Id', 'line-1');
    const subject = agentLogSubject(nodeId, 'acme', jobId);
    const publish = () => connection.jetstream().publish(subject, '{}', { headers: header });
    expect(await publish()).toMatchObject({ stream: AGENT_LOGS, duplicate: false });
    expect(await publish()).toMatchObject({ duplicate: true });
  });
});
