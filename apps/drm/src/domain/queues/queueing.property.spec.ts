import fc from 'fast-check';
import type { Quota, QueueSpec } from '@solyx/contracts';
import { canonicalJson, fold, PersistentMap } from '@solyx/kernel';
import {
  adopted,
  at,
  Journal,
  node,
  only,
  over,
  prices,
  quota,
  reservation,
  T0,
  workload,
  type WorkloadOptions,
} from '../../test/builders';
import { askOf } from '../ask';
import { queueKey } from '../eviction';
import { Future, isOwner, type Kept } from '../future';
import { partitionDecider } from '../partition';
import { isDecision, type PartitionEvent } from '../partition-events';
import { evolvePartition } from '../partition-evolve';
import { partitionSnapshot } from '../partition-snapshot';
import { emptyPartition, millisOf, type PartitionState } from '../partition-state';
import { replayDecisions } from '../replay-decisions';
import { plannedStarts } from '../schedule';
import { Fleet } from '../shape-view';
import { minus, NONE, plus, RESOURCES, sumOf } from './amounts';
import { Cohorts, pooledOf } from './cohort';
import { byShares } from './lanes';
import { committed, overrunBy, saved, type Ledger } from './ledger';
import { periodAt } from './period';
import { nothingQueued, quotaOf, UNLIMITED, type Queueing, type QueueState } from './queue-state';
import { unused } from './usage';

const amount = fc.record({
  gpuMilli: fc.integer({ min: 0, max: 4 }),
  cpuMilli: fc.integer({ min: 0, max: 4 }),
  memoryMiB: fc.integer({ min: 0, max: 4 }),
});
const limit = fc.option(amount, { nil: undefined });
const queueSpec = fc
  .record({ nominal: amount, borrowing: limit, lending: limit, cohort: fc.constantFrom('main', 'lab') })
  .map(({ nominal, borrowing, lending, cohort }): Omit<QueueSpec, 'queueId'> => ({
    ...{ organizationId: 'acme', cohort, nominal, weight: 1, budgets: [] },
    ...(borrowing ? { borrowingLimit: borrowing } : {}),
    ...(lending ? { lendingLimit: lending } : {}),
  }));
const specs = fc
  .array(queueSpec, { minLength: 1, maxLength: 3 })
  .map((list) => list.map((spec, place): QueueSpec => ({ ...spec, queueId: `q${place}` })));

const queueState = (name: string, held: Quota): QueueState => ({
  ...{ organizationId: 'acme', name, line: [], ages: [], since: 0, held, usage: unused(0), ledger: [] },
});
const queueing = (list: readonly QueueSpec[], held: ReadonlyMap<string, Quota>): Queueing => ({
  ...nothingQueued,
  quotas: PersistentMap.of(list.map((spec) => [spec.queueId, { spec, at: '' }] as const)),
  queues: PersistentMap.of([...held].map(([id, one]) => [queueKey('acme', id), queueState(id, one)] as const)),
});

/** The rules of quotas, said anew: what a queue holds, and what a cohort lends. */
function isWithinQuotas(list: readonly QueueSpec[], held: ReadonlyMap<string, Quota>): boolean {
  const of = (spec: QueueSpec): Quota => held.get(spec.queueId) ?? NONE;
  const lends = ({ nominal, lendingLimit }: QueueSpec, resource: keyof Quota): number =>
    Math.min(nominal[resource], lendingLimit?.[resource] ?? Number.MAX_SAFE_INTEGER);
  return RESOURCES.every((resource) => {
    const isEachWithin = list.every(
      (spec) => !spec.borrowingLimit || of(spec)[resource] <= spec.nominal[resource] + spec.borrowingLimit[resource],
    );
    return (
      isEachWithin &&
      ['main', 'lab'].every((cohort) => {
        const members = list.filter((spec) => spec.cohort === cohort);
        const lent = members.reduce((sum, spec) => sum + lends(spec, resource), 0);
        const used = members.reduce(
          (sum, spec) => sum + Math.max(0, of(spec)[resource] - (spec.nominal[resource] - lends(spec, resource))),
          0,
        );
        return used <= lent;
      })
    );
  });
}

describe('Quotas, whatever is asked', () => {
  it('are never exceeded, and refuse nothing that they allow', () => {
    let refused = 0;
    const asks = fc.array(fc.record({ place: fc.nat(2), more: amount, ends: fc.boolean() }), { maxLength: 8 });
    fc.assert(
      fc.property(specs, asks, (list, asked) => {
        const held = new Map<string, Quota>();
        for (const { place, more, ends } of asked) {
          const spec = list[place % list.length]!;
          const before = held.get(spec.queueId) ?? NONE;
          const then = new Map(held).set(spec.queueId, plus(before, more));
          const isAllowed = new Cohorts(queueing(list, held)).allows(spec, more);
          if (RESOURCES.every((of) => more[of] > 0)) expect(isAllowed).toBe(isWithinQuotas(list, then));
          if (!isAllowed) refused += 1;
          else held.set(spec.queueId, plus(before, more));
          expect(isWithinQuotas(list, held)).toBe(true);
          if (ends) held.delete(spec.queueId);
        }
      }),
      { numRuns: 15_000 },
    );
    expect(refused).toBeGreaterThan(2_000);
  });
});

describe('Budgets, whatever starts and ends', () => {
  it('are never exceeded in any period, as long as nothing runs past its deadline', () => {
    const HOUR = 3_600_000;
    const run = fc.record({
      wait: fc.integer({ min: 0, max: 30 }),
      hours: fc.integer({ min: 1, max: 60 }),
      runs: fc.integer({ min: 0, max: 60 }),
      gpuMilli: fc.integer({ min: 0, max: 3 }),
      rate: fc.integer({ min: 0, max: 3 }),
      once: fc.integer({ min: 0, max: 5 }),
    });
    const budgets = fc.constantFrom(
      [{ period: 'day' as const, gpuMilliHours: 40 }],
      [{ period: 'week' as const, microUsd: '90' }],
      [
        { period: 'day' as const, microUsd: '50' },
        { period: 'total' as const, gpuMilliHours: 150 },
      ],
    );
    let refused = 0;
    fc.assert(
      fc.property(budgets, fc.array(run, { maxLength: 8 }), (limits, list) => {
        const kinds = limits.map(({ period }) => period);
        const spent: { from: number; until: number; gpuMilli: number; rate: number; once: number }[] = [];
        let open: { end: number; deadline: number; gpuMilli: number; rate: number }[] = [];
        let ledger: Ledger = [];
        let now = T0;
        for (const { wait, hours, runs, gpuMilli, rate, once } of list) {
          now += wait * HOUR;
          for (const { end, deadline, ...one } of open
            .filter((each) => each.end <= now)
            .sort((a, b) => a.end - b.end)) {
            const left = { from: end, until: deadline, gpuMilli: one.gpuMilli };
            ledger = saved(ledger, kinds, { ...left, microUsdPerHour: BigInt(one.rate), microUsdOnce: 0n });
          }
          open = open.filter((each) => each.end > now);
          const spending = {
            ...{ from: now, until: now + hours * HOUR, gpuMilli },
            ...{ microUsdPerHour: BigInt(rate), microUsdOnce: BigInt(once) },
          };
          if (overrunBy(ledger, limits, spending)) {
            refused += 1;
            continue;
          }
          ledger = committed(ledger, kinds, spending);
          const end = now + Math.min(runs, hours) * HOUR;
          open.push({ end, deadline: spending.until, gpuMilli, rate });
          spent.push({ from: now, until: end, gpuMilli, rate, once });
        }
        for (const { period, ...most } of limits) {
          for (const { from } of spent.flatMap((one) => [periodAt(period, one.from), periodAt(period, one.until)])) {
            const { until } = periodAt(period, from);
            const used = spent.map((one) => ({
              hours: Math.max(0, Math.min(until, one.until) - Math.max(from, one.from)) / HOUR,
              ...one,
              once: from <= one.from && one.from < until ? one.once : 0,
            }));
            const gpu = used.reduce((sum, { hours, gpuMilli }) => sum + hours * gpuMilli, 0);
            const money = used.reduce((sum, { hours, rate, once }) => sum + hours * rate + once, 0);
            expect(gpu).toBeLessThanOrEqual('gpuMilliHours' in most ? most.gpuMilliHours : Infinity);
            expect(money).toBeLessThanOrEqual('microUsd' in most ? Number(most.microUsd) : Infinity);
          }
        }
      }),
      { numRuns: 12_000 },
    );
    expect(refused).toBeGreaterThan(2_000);
  });
});

describe('The order of queues, whatever is queued', () => {
  const job = fc.record({
    gpus: fc.integer({ min: 0, max: 4 }),
    priority: fc.constantFrom(10, 50, 50, 90),
    queued: fc.integer({ min: 0, max: 5 }),
    owner: fc.constantFrom('acme', 'umbra', 'wayne'),
    deadline: fc.option(fc.integer({ min: 3_600, max: 90_000 }), { nil: undefined }),
  });

  it('has everybody once, and does not depend on who was heard first', () => {
    fc.assert(
      fc.property(fc.array(job, { minLength: 1, maxLength: 7 }), fc.infiniteStream(fc.nat()), (jobs, chance) => {
        const inputs = jobs.map(({ owner, deadline, ...options }, place) =>
          workload(`w${place}`, {
            ...options,
            change: { organizationId: owner, ...(deadline === undefined ? {} : { deadline: at(deadline) }) },
          }),
        );
        const start = [prices(), node('n1')].reduce<PartitionState>(evolvePartition, emptyPartition);
        const order = (list: typeof inputs): readonly string[] =>
          [...byShares(list.reduce<PartitionState>(evolvePartition, start), T0 + 10_000)].map(
            ({ request }) => request.workloadId,
          );
        const shuffled = inputs
          .map((input) => ({ input, key: chance.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ input }) => input);
        expect(order(inputs)).toEqual(order(shuffled));
        expect([...order(inputs)].sort()).toEqual(jobs.map((_, place) => `w${place}`));
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('What will be free, whatever runs and is kept', () => {
  const gpus = 3;
  const part = fc.record({
    gpu: fc.nat(gpus - 1),
    from: fc.integer({ min: 0, max: 9 }),
    length: fc.integer({ min: 1, max: 9 }),
  });

  it('during a window is what is free at every instant of it', () => {
    const running = fc.uniqueArray(fc.record({ gpu: fc.nat(gpus - 1), until: fc.integer({ min: 1, max: 12 }) }), {
      selector: ({ gpu }) => gpu,
      maxLength: gpus,
    });
    let narrowed = 0;
    fc.assert(
      fc.property(running, fc.array(part, { maxLength: 4 }), part, (held, parts, window) => {
        const journal = new Journal();
        journal.advance(0, prices(), adopted(), node('n1', { gpus }));
        for (const [place, { until }] of held.entries()) journal.advance(0, workload(`w${place}`, { runtime: until }));
        const fleet = new Fleet(journal.state);
        const now = millisOf(at(0));
        const future = new Future(fleet, now);
        const instant = (seconds: number): number => now + seconds * 1_000;
        const kept = parts.map(({ gpu, from, length }, place): Kept => ({
          ...{ id: `k${place}`, from: instant(from), until: instant(from + length), isOpen: place % 2 === 0 },
          room: { nodeId: 'n1', gpuIndexes: [gpu], gpuMilli: 300, cpuMilli: 1, memoryMiB: 1 },
          owner: { organizationId: place === 0 ? 'umbra' : 'acme' },
        }));
        for (const one of kept) future.keep(one);
        const viewer = { organizationId: 'umbra', queue: 'default' };
        const one = fleet.nodes[0]!;
        const span = { from: instant(window.from), until: instant(window.from + window.length) };
        const free = future.during(journal.state, one, span, viewer);
        const least = one.gpuFree.map((_, gpu) => {
          let lowest = Number.MAX_SAFE_INTEGER;
          for (let t = span.from; t < span.until; t += 1_000) {
            let left = 1_000;
            for (const { allocation, deadline } of journal.state.held.values()) {
              const isOver = t > now && deadline <= t;
              if (!isOver && allocation.shares[0]!.gpuIndexes.includes(gpu)) left -= 1_000;
            }
            for (const { from, until, room, isOpen, owner } of kept) {
              const isMine = isOpen && isOwner(owner, viewer);
              if (!isMine && from <= t && t < until && room.gpuIndexes.includes(gpu)) left -= 300;
            }
            lowest = Math.min(lowest, left);
          }
          return lowest;
        });
        expect(free.gpuFree).toEqual(least);
        if (window.from === 0) expect(future.fromNow(journal.state, one, span.until, viewer).gpuFree).toEqual(least);
        if (free !== one) narrowed += 1;
      }),
      { numRuns: 1_000 },
    );
    expect(narrowed).toBeGreaterThan(200);
  });
});

const job = fc.record({
  gpus: fc.integer({ min: 0, max: 4 }),
  gpuMilli: fc.constantFrom(1_000, 1_000, 500),
  nodes: fc.constantFrom(1, 1, 1, 2),
  cpuMilli: fc.integer({ min: 0, max: 8_000 }),
  priority: fc.constantFrom(10, 50, 90),
  runtime: fc.integer({ min: 100, max: 4_000 }),
  queue: fc.constantFrom('default', 'a', 'b', 'c'),
  owner: fc.constantFrom('acme', 'acme', 'umbra'),
  isElastic: fc.boolean(),
});
type Job = typeof job extends fc.Arbitrary<infer J> ? J : never;

const asked = ({ queue, owner, isElastic, ...options }: Job, queued: number): WorkloadOptions => ({
  ...options,
  queued,
  change: {
    organizationId: queue === 'default' ? owner : 'acme',
    queue,
    ...(isElastic ? { nodesMin: 1 } : {}),
    minRuntimeSeconds: 50,
  },
});

const scene = fc.record({
  wait: fc.constantFrom(0, 10, 300, 40_000),
  jobs: fc.array(job, { maxLength: 4 }),
  ends: fc.array(fc.nat(20), { maxLength: 2 }),
});
const scenes = fc.array(scene, { minLength: 1, maxLength: 7 });
type Scenes = typeof scenes extends fc.Arbitrary<infer S> ? S : never;

const whole = (gpus: number): Quota => ({ gpuMilli: gpus * 1_000, cpuMilli: 12_000, memoryMiB: 1_000_000 });

/** Plays scenes on two nodes with three queues; what has reached its deadline ends. */
function play(list: Scenes, each: (journal: Journal, events: readonly PartitionEvent[]) => void): Journal {
  const journal = new Journal();
  journal.advance(
    0,
    ...[prices(), adopted(), node('n1', { gpus: 4, cpuMilli: 16_000 }), node('n2', { gpus: 4, cpuMilli: 16_000 })],
    quota('a', { nominal: whole(2), borrowingLimit: whole(2), lendingLimit: whole(1) }),
    quota('b', { nominal: whole(3), budgets: [{ period: 'day', gpuMilliHours: 3_000 }] }),
    quota('c', { cohort: 'lab', nominal: whole(4), budgets: [{ period: 'week', microUsd: '5000000' }] }),
    reservation('r1', {
      organizationId: 'umbra',
      startsAt: at(2_000),
      endsAt: at(5_000),
      resources: { ...whole(0), gpus: 2, cpuMilli: 1_000, memoryMiB: 1_024, gpuMilli: 1_000 },
    }),
  );
  let seconds = 1;
  let count = 0;
  for (const { wait, jobs, ends } of list) {
    const until = seconds + wait;
    for (let due = dueBy(journal, until); due.length > 0; due = dueBy(journal, until)) {
      const deadline = due[0]!.deadline;
      seconds = Math.max(seconds, Math.ceil((deadline - T0) / 1_000));
      each(journal, journal.advance(seconds, over(due[0]!.allocation.workloadId, seconds)));
    }
    seconds = until;
    const running = [...journal.state.held.keys()].sort();
    const ended = new Set(ends.flatMap((place) => running[place] ?? []));
    const queued = jobs.map((one) => workload(`w${(count += 1)}`, asked(one, seconds)));
    each(journal, journal.advance(seconds, ...[...ended].map((id) => over(id, seconds)), ...queued));
  }
  return journal;
}

const dueBy = ({ state }: Journal, seconds: number) =>
  [...state.held.values()]
    .filter(({ deadline }) => deadline <= T0 + seconds * 1_000)
    .sort((a, b) => a.deadline - b.deadline);

/** What is held of each queue, from the allocations alone, must be what the state says, and within quotas. */
function expectQuotasKept(state: PartitionState): void {
  const held = new Map<string, Quota>();
  for (const { allocation, stake } of state.held.values()) {
    const key = queueKey(allocation.organizationId, stake.queue);
    held.set(key, plus(held.get(key) ?? NONE, sumOf(allocation.shares)));
  }
  let pooled = NONE;
  for (const [key, queue] of state.queues.entries()) {
    expect(queue.held).toEqual(held.get(key) ?? NONE);
    const spec = quotaOf(state, queue.organizationId, queue.name);
    if (spec === undefined || spec === UNLIMITED) continue;
    if (spec.cohort === 'main') pooled = plus(pooled, pooledOf(spec, queue.held));
    const most = spec.borrowingLimit ? plus(spec.nominal, spec.borrowingLimit) : undefined;
    if (most) for (const of of RESOURCES) expect(queue.held[of]).toBeLessThanOrEqual(most[of]);
  }
  // The pool of the cohort: one of a, all of b.
  const pool = plus({ gpuMilli: 1_000, cpuMilli: 12_000, memoryMiB: 1_000_000 }, whole(3));
  for (const of of RESOURCES) expect(minus(pool, pooled)[of]).toBeGreaterThanOrEqual(0);
}

function expectBudgetsKept({ queues }: PartitionState): void {
  for (const { gpuMilliMs, period } of queues.get('acme/b')?.ledger ?? []) {
    if (period === 'day') expect(Number(gpuMilliMs)).toBeLessThanOrEqual(3_000 * 3_600_000);
  }
  for (const { microUsdMs } of queues.get('acme/c')?.ledger ?? []) {
    expect(BigInt(microUsdMs)).toBeLessThanOrEqual(5_000_000n * 3_600_000n);
  }
}

describe('A partition with queues, whatever happens', () => {
  it('keeps capacity, quotas, budgets and gangs', () => {
    let grants = 0;
    fc.assert(
      fc.property(scenes, (list) => {
        const asks = new Map<string, { nodes: number; nodesMin: number }>();
        play(list, ({ state }, events) => {
          for (const { request } of only(events, 'drm.partition.workload-queued')) {
            asks.set(request.workloadId, { nodes: request.nodes, nodesMin: askOf(request).nodesMin });
          }
          for (const { allocation } of only(events, 'drm.partition.allocation-granted')) {
            grants += 1;
            const { nodes, nodesMin } = asks.get(allocation.workloadId)!;
            const distinct = new Set(allocation.shares.map(({ nodeId }) => nodeId)).size;
            expect(distinct).toBe(allocation.shares.length);
            expect(distinct >= nodesMin && distinct <= nodes).toBe(true);
          }
          for (const { gpuFree, cpuFree, memoryFree } of state.nodes.values()) {
            expect(Math.min(...gpuFree, cpuFree, memoryFree)).toBeGreaterThanOrEqual(0);
          }
          expectQuotasKept(state);
          expectBudgetsKept(state);
        });
      }),
      { numRuns: 400 },
    );
    expect(grants).toBeGreaterThan(700);
  });

  it('decides the same again, bit for bit, and goes on from any snapshot as from the journal', () => {
    let checked = 0;
    fc.assert(
      fc.property(scenes, fc.nat(), (list, cut) => {
        const { state, events } = play(list, () => undefined);
        const replayed = replayDecisions(JSON.parse(JSON.stringify(events)) as PartitionEvent[]);
        checked += replayed.checked;
        expect(replayed).toEqual({ checked: events.filter(isDecision).length, differing: 0 });
        const some = cut % (events.length + 1);
        const early = fold(partitionDecider, events.slice(0, some));
        const revived = partitionSnapshot.fromJson(JSON.parse(JSON.stringify(partitionSnapshot.toJson(early))));
        const json = (one: PartitionState): string => canonicalJson(partitionSnapshot.toJson(one));
        expect(json(fold(partitionDecider, events.slice(some), revived))).toBe(json(state));
      }),
      { numRuns: 120 },
    );
    expect(checked).toBeGreaterThan(300);
  });
});

describe('Planned starts, whatever is asked', () => {
  const small = fc.record({
    gpus: fc.integer({ min: 1, max: 4 }),
    nodes: fc.constantFrom(1, 1, 1, 2),
    runtime: fc.integer({ min: 1, max: 60 }),
    wait: fc.constantFrom(0, 0, 1, 7),
  });
  const opened = (): Journal => {
    const journal = new Journal();
    journal.advance(0, prices(), adopted(), ...['a', 'b', 'c'].map((id) => node(id, { gpus: 4 })));
    return journal;
  };

  it('never move later because of work behind them', () => {
    let backfilled = 0;
    fc.assert(
      fc.property(fc.array(small, { minLength: 3, maxLength: 12 }), fc.array(small, { maxLength: 6 }), (list, more) => {
        const journal = opened();
        list.forEach((one, i) => journal.advance(i, workload(`w${i}`, { ...one, queued: i, memoryMiB: 0 })));
        const now = list.length;
        journal.tick(now);
        const before = plannedStarts(journal.state, at(now));
        const behind = more.map((one, i) => workload(`x${i}`, { ...one, queued: now, priority: 1, memoryMiB: 0 }));
        backfilled += only(journal.advance(now, ...behind), 'drm.partition.allocation-granted').length;
        const after = plannedStarts(journal.state, at(now));
        for (const [id, start] of before) expect(after.get(id)).toBeLessThanOrEqual(start);
      }),
      { numRuns: 250 },
    );
    expect(backfilled).toBeGreaterThan(70);
  });

  it('of the head of the queue are kept, if all takes as long as it may', () => {
    let planned = 0;
    fc.assert(
      fc.property(fc.array(small, { minLength: 3, maxLength: 14 }), (list) => {
        const journal = opened();
        const promised = new Map<string, number>();
        let seconds = 0;
        const check = (events: readonly PartitionEvent[]): void => {
          for (const { allocation } of only(events, 'drm.partition.allocation-granted')) {
            const latest = promised.get(allocation.workloadId) ?? Number.MAX_SAFE_INTEGER;
            expect(millisOf(allocation.grantedAt)).toBeLessThanOrEqual(latest);
          }
          const [head] = journal.state.queues.get('acme/default')?.line ?? [];
          for (const [id, start] of plannedStarts(journal.state, at(seconds))) {
            if (promised.has(id) || id !== head) continue;
            promised.set(id, start);
            planned += 1;
          }
        };
        const passTo = (until: number): void => {
          for (let due = dueBy(journal, until); due.length > 0; due = dueBy(journal, until)) {
            const { deadline } = due[0]!;
            seconds = (deadline - T0) / 1_000;
            const done = due.filter((one) => one.deadline === deadline);
            check(journal.advance(seconds, ...done.map(({ allocation }) => over(allocation.workloadId, seconds))));
          }
          seconds = until;
        };
        for (const [i, { wait, ...options }] of list.entries()) {
          passTo(seconds + wait);
          const id = `w${String(i).padStart(2, '0')}`; // Of the same time the earlier id goes first.
          check(journal.advance(seconds, workload(id, { ...options, queued: seconds, memoryMiB: 0 })));
        }
        passTo(seconds + 5_000);
        expect(journal.state.order).toEqual([]);
      }),
      { numRuns: 120 },
    );
    expect(planned).toBeGreaterThan(100);
  });
});
