import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { PriceListPublished } from '@solyx/contracts/billing';
import { JobQuotaReserved, JobSucceeded } from '@solyx/contracts/cmo';
import { EventStoreLog, encodeMessage, NatsBus, NatsLink, type ContextName } from '@solyx/eventing';
import { deriveId, fold, SystemRandom, type DomainEvent, type Recorded } from '@solyx/kernel';
import { eventually, withEventStore, withNats, withPostgres } from '@solyx/testing';
import { partitionDecider } from './domain/partition';
import type { PartitionEvent } from './domain/partition-events';
import { emptyPartition, type PartitionState } from './domain/partition-state';
import { prices, request } from './test/builders';

const MAIN = path.join(__dirname, '..', 'dist', 'main.js');
const JOURNAL = 'drm.partition-main';
const now = (): string => new Date().toISOString();

jest.setTimeout(600_000);

/** The service as it is shipped, twice, over one log. Build first. */
describe('two schedulers on one journal', () => {
  const running = new Set<ChildProcess>();
  let log: EventStoreLog;
  // Before the servers' own ends.
  afterAll(async () => {
    for (const child of [...running]) await kill(child);
    await log.close();
  });

  // Each side has its own database and bus, so that each holds the lead there and hears everything: nothing but the
  // journal's revision stands between the two.
  const sides = [
    { postgres: withPostgres(), nats: withNats(), sequences: new Map<ContextName, number>() },
    { postgres: withPostgres(), nats: withNats(), sequences: new Map<ContextName, number>() },
  ] as const;
  const store = withEventStore(() => sides[0].postgres.url);

  async function start(side: (typeof sides)[number], instance: string): Promise<ChildProcess> {
    const env = {
      ...process.env,
      SOLYX_EVENTSTORE_URL: store.url,
      SOLYX_NATS_URL: side.nats.url,
      SOLYX_DRM_POSTGRES_URL: side.postgres.url,
      SOLYX_DRM_SIMULATED_FLEET: 'true',
      SOLYX_INSTANCE: instance,
      SOLYX_LOG_LEVEL: process.env['SOLYX_SPEC_LOG'] ?? 'fatal',
    };
    const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    running.add(child);
    child.once('exit', () => running.delete(child));
    const [what] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as unknown[];
    expect(what).toEqual({ solyx: 'ready', service: 'drm' });
    return child;
  }

  async function kill(child: ChildProcess): Promise<void> {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** Another context's fact, on record once and on the bus of each side, as its relay would bring it. */
  async function happens(context: ContextName, stream: string, event: DomainEvent): Promise<void> {
    const id = deriveId('two-schedulers', stream, event.type);
    const actor = { kind: 'key', id: 'key_1', roles: ['owner'] } as const;
    const metadata = { version: 1, organizationId: 'acme', actor, $correlationId: stream, $causationId: id };
    const { revision, position } = await log.append(stream, [{ ...event, id, metadata }], 'any');
    const recorded: Recorded = { ...event, id, stream, revision, position, recordedAt: now(), metadata };
    for (const { postgres, nats, sequences } of sides) {
      const urls = { eventStoreUrl: store.url, natsUrl: nats.url, postgresUrl: postgres.url };
      const bus = new NatsBus(new NatsLink(context, { ...urls, instance: `spec-${context}` }));
      await bus.declare(context);
      sequences.set(context, await bus.publish(context, encodeMessage(recorded), sequences.get(context) ?? 0));
      await bus.close();
    }
  }

  const comes = (jobId: string): Promise<void> => {
    const wanted = request(jobId, { gpus: 2, change: { queuedAt: now() } });
    const reserved = { jobId, holdMicroUsd: '1000000', request: wanted, at: now() };
    return happens('cmo', `cmo.job-${jobId}`, JobQuotaReserved(reserved));
  };
  const ends = (jobId: string): Promise<void> =>
    happens('cmo', `cmo.job-${jobId}`, JobSucceeded({ jobId, attempt: 1, at: now() }));

  async function journal(): Promise<readonly (PartitionEvent & { readonly id: string })[]> {
    const events: (PartitionEvent & { readonly id: string })[] = [];
    for await (const { id, type, data } of log.readStream(JOURNAL)) {
      events.push({ id, type, data } as PartitionEvent & { readonly id: string });
    }
    return events;
  }

  /** Of each workload, how often the journal queued, granted, ended and released it: once, or not yet. */
  async function counts(): Promise<ReadonlyMap<string, readonly [number, number, number, number]>> {
    const found = new Map<string, [number, number, number, number]>();
    const count = (workloadId: string, place: 0 | 1 | 2 | 3): void => {
      const row = found.get(workloadId) ?? [0, 0, 0, 0];
      row[place] += 1;
      found.set(workloadId, row);
    };
    for (const { type, data } of await journal()) {
      if (type === 'drm.partition.workload-queued') count(data.request.workloadId, 0);
      if (type === 'drm.partition.allocation-granted') count(data.allocation.workloadId, 1);
      if (type === 'drm.partition.workload-ended') count(data.workloadId, 2);
      if (type === 'drm.partition.allocation-released') count(data.workloadId, 3);
    }
    return found;
  }

  const granted = (...jobs: readonly string[]): Promise<void> =>
    eventually(async () => {
      const found = await counts();
      for (const job of jobs) expect(found.get(job)?.[1]).toBeGreaterThan(0);
    });
  const released = (...jobs: readonly string[]): Promise<void> =>
    eventually(async () => {
      const found = await counts();
      for (const job of jobs) expect(found.get(job)?.[3]).toBeGreaterThan(0);
    });

  const named = (name: string, count: number): readonly string[] =>
    Array.from({ length: count }, (_, i) => `job_${name}_${i}`);

  beforeAll(async () => {
    log = new EventStoreLog(store.url, new SystemRandom());
    const list = { priceListId: 'spec', version: 1, currency: 'USD', effectiveFrom: now(), at: now() } as const;
    await happens('billing', 'billing.priceList-spec', PriceListPublished({ ...list, entries: prices().data.entries }));
  });

  it('decide nothing twice, though both believe that they lead and one stands still for a while', async () => {
    const [first, second] = [await start(sides[0], 'first'), await start(sides[1], 'second')];
    const both = named('both', 6);
    for (const job of both) await comes(job);
    await granted(...both);

    // The first stands still with its old picture of the journal, while the second decides what both were told of.
    first.kill('SIGSTOP');
    const without = named('without-first', 4);
    for (const job of without) await comes(job);
    for (const job of both.slice(0, 3)) await ends(job);
    await granted(...without);
    await released(...both.slice(0, 3));
    first.kill('SIGCONT');
    // Now the other way round; what the first decides here comes after all that it missed.
    second.kill('SIGSTOP');
    const later = named('without-second', 4);
    for (const job of later) await comes(job);
    await granted(...later);
    second.kill('SIGCONT');
    const last = named('last', 4);
    for (const job of last) await comes(job);
    for (const job of both.slice(3)) await ends(job);
    await granted(...last);
    await released(...both.slice(3));
    // The second answers alone, after all that it missed.
    await kill(first);
    await comes('job_word');
    await granted('job_word');
    await kill(second);

    const found = await counts();
    for (const job of both) expect([job, found.get(job)]).toEqual([job, [1, 1, 1, 1]]);
    for (const job of [...without, ...later, ...last]) expect([job, found.get(job)]).toEqual([job, [1, 1, 0, 0]]);
    const events = await journal();
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    const { nodes } = fold<PartitionState, PartitionEvent>(partitionDecider, events, emptyPartition);
    expect(
      [...nodes.values()]
        .flatMap(({ gpuFree, cpuFree, memoryFree }) => [...gpuFree, cpuFree, memoryFree])
        .every((left) => left >= 0),
    ).toBe(true);
  });

  it('take over from one another after kill -9, and the journal goes on', async () => {
    const leader = await start(sides[0], 'leader');
    const [before, after] = [named('before', 2), named('after', 2)];
    for (const job of before) await comes(job);
    await granted(...before);
    // Its database is the leader's, so it waits.
    await start(sides[0], 'standby');
    await kill(leader);
    for (const job of [...before, ...after]) await (before.includes(job) ? ends(job) : comes(job));
    await granted(...after);
    await released(...before);
    const found = await counts();
    for (const job of before) expect([job, found.get(job)]).toEqual([job, [1, 1, 1, 1]]);
    for (const job of after) expect([job, found.get(job)]).toEqual([job, [1, 1, 0, 0]]);
  });
});
