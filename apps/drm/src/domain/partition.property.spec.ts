import fc from 'fast-check';
import { eventRegistry } from '@solyx/contracts';
import {
  AdviceObserved,
  AutonomyObserved,
  type AllocationGranted,
  PartitionLeaseEnded,
  PartitionNodeCordoned,
  PartitionNodeUncordoned,
  PartitionNodeGone,
  PartitionNodeJoined,
} from '@solyx/contracts/drm';
import { canonicalJson, fold } from '@solyx/kernel';
import { at, Journal, node, offer, only, over, prices, route, routes, workload } from '../test/builders';
import { askOf } from './ask';
import { lacking, suit } from './filter';
import { factsOfLease, termsOfLease } from './leasing';
import { partitionDecider } from './partition';
import { isDecision, type PartitionEvent, type PartitionInput } from './partition-events';
import { millisOf, type PartitionState } from './partition-state';
import { pricesAt } from './pricing';
import { reservationFor } from './reservation';
import { replayDecisions } from './replay-decisions';
import { partitionSnapshot } from './partition-snapshot';
import { Fleet, viewOf } from './shape-view';

type Step = (journal: Journal, seconds: number) => readonly PartitionInput[];

const pick = <T>(items: readonly T[], place: number): T | undefined => items[place % Math.max(1, items.length)];

const NODES = ['n1', 'n2', 'n3', 'n4'];
const sources = fc.constantFrom(
  ['owned', 'leased', 'shared'] as const,
  ['owned', 'leased'] as const,
  ['owned'] as const,
);

const joinNode = fc
  .record({
    id: fc.constantFrom(...NODES),
    gpus: fc.integer({ min: 0, max: 4 }),
    leased: fc.boolean(),
    model: fc.constantFrom('H100', 'L4'),
  })
  .map(({ id, gpus, leased, model }): Step => (_, seconds) => [
    node(id, {
      gpus,
      model,
      joined: seconds,
      cpuMilli: 8_000,
      memoryMiB: 16_384,
      terms: leased ? { source: 'leased', site: 'far', region: 'us' } : {},
    }),
  ]);

const queue = fc
  .record({
    id: fc.integer({ min: 1, max: 12 }),
    attempt: fc.integer({ min: 1, max: 3 }),
    gpus: fc.integer({ min: 0, max: 4 }),
    gpuMilli: fc.constantFrom(250, 500, 600, 1000, 1000),
    nodes: fc.constantFrom(1, 1, 1, 2, 3),
    cpuMilli: fc.integer({ min: 0, max: 6_000 }),
    memoryMiB: fc.integer({ min: 0, max: 12_000 }),
    priority: fc.constantFrom(10, 50, 90),
    runtime: fc.constantFrom(5, 60, 600),
    sources,
    late: fc.boolean(),
    data: fc.boolean(),
  })
  .map(({ id, sources: allowed, late, data, ...options }): Step => (_, seconds) => [
    workload(`w${id}`, {
      ...options,
      queued: seconds,
      change: {
        placement: { sources: allowed, regions: [], simulated: true },
        ...(late ? { notBefore: at(seconds + 7) } : {}),
        ...(data ? { data: [{ uri: 's3://d', site: 'far', sizeGiB: 10 }] } : {}),
      },
    }),
  ]);

const end = fc
  .record({ id: fc.integer({ min: 1, max: 12 }), attempt: fc.integer({ min: 1, max: 3 }) })
  .map(({ id, attempt }): Step => (_, seconds) => [over(`w${id}`, seconds, attempt)]);

const endHeld = fc.nat(50).map((place): Step => ({ state }, seconds) => {
  const held = pick([...state.held.values()], place);
  return held ? [over(held.allocation.workloadId, seconds, held.allocation.attempt)] : [];
});

const nodeGoes = fc
  .tuple(fc.constantFrom(...NODES), fc.constantFrom('lost', 'cordoned', 'uncordoned'))
  .map(([nodeId, what]): Step => (_, seconds) => {
    if (what === 'lost') return [PartitionNodeGone({ nodeId, reason: 'NodeLost', at: at(seconds) })];
    const said = what === 'cordoned' ? PartitionNodeCordoned : PartitionNodeUncordoned;
    return [said({ nodeId, at: at(seconds) })];
  });

const market = fc
  .record({
    id: fc.constantFrom('o1', 'o2'),
    available: fc.integer({ min: 0, max: 2 }),
    gpus: fc.integer({ min: 1, max: 4 }),
  })
  .map(({ id, available, gpus }): Step => (_, seconds) => [
    offer(id, {
      available,
      gpusPerNode: gpus,
      cpuMilli: 8_000,
      memoryMiB: 16_384,
      site: 'far',
      region: 'us',
      observedAt: at(seconds),
      freshUntil: at(seconds + 30),
      minimumSeconds: 10,
    }),
  ]);

const leaseMoves = fc.tuple(fc.nat(20), fc.boolean()).map(([place, isDelivered]): Step => ({ state }, seconds) => {
  const lease = pick(
    [...state.leases.values()].filter(({ phase }) => phase !== 'active'),
    place,
  );
  if (!lease) return [];
  const { leaseId, offer: leased, phase } = lease;
  if (phase === 'releasing') {
    const gone = PartitionNodeGone({ nodeId: lease.nodeId, reason: 'LeaseEnded', at: at(seconds) });
    return [gone, PartitionLeaseEnded({ leaseId, reason: 'LeaseIdle', at: at(seconds) })];
  }
  return isDelivered
    ? [
        PartitionNodeJoined({
          terms: termsOfLease(leaseId, leased),
          facts: factsOfLease(leaseId, leased),
          at: at(seconds),
        }),
      ]
    : [PartitionLeaseEnded({ leaseId, reason: 'LessorFailed', at: at(seconds) })];
});

const steering = fc
  .record({
    id: fc.integer({ min: 1, max: 9 }),
    action: fc.constantFrom('lease', 'release', 'hold'),
    count: fc.integer({ min: 0, max: 3 }),
    level: fc.constantFrom('observe', 'act', 'act'),
    killSwitch: fc.boolean(),
    isAdvice: fc.boolean(),
  })
  .map(({ id, action, count, level, killSwitch, isAdvice }): Step => (_, seconds) => [
    isAdvice
      ? AdviceObserved({ adviceId: `a${id}`, action, count, level: 'act', at: at(seconds) })
      : AutonomyObserved({
          level: level,
          killSwitch,
          limits: { leasedNodesMax: 2, leaseMicroUsdPerHourMax: '40000000', leasesPerHourMax: 3 },
          at: at(seconds),
        }),
  ]);

const step = fc.oneof(
  { weight: 3, arbitrary: joinNode },
  { weight: 8, arbitrary: queue },
  { weight: 1, arbitrary: end },
  { weight: 4, arbitrary: endHeld },
  { weight: 2, arbitrary: nodeGoes },
  { weight: 2, arbitrary: market },
  { weight: 3, arbitrary: leaseMoves },
  { weight: 1, arbitrary: steering },
);
const batch = fc.record({ wait: fc.constantFrom(0, 1, 5, 400), steps: fc.array(step, { maxLength: 6 }) });
const story = fc.array(batch, { minLength: 1, maxLength: 25 });
type Story = { wait: number; steps: Step[] }[];

/** Plays a story: each batch is one command; nothing in it means a tick. */
function play(
  batches: Story,
  each: (journal: Journal, before: PartitionState, events: readonly PartitionEvent[]) => void,
): Journal {
  const journal = new Journal();
  journal.advance(0, prices(), routes(route('far', 'home'), route('home', 'far')));
  let seconds = 1;
  for (const { wait, steps } of batches) {
    seconds += wait;
    const inputs = steps.flatMap((one) => one(journal, seconds));
    const before = journal.state;
    const events = inputs.length === 0 ? journal.tick(seconds) : journal.advance(seconds, ...inputs);
    each(journal, before, events);
  }
  return journal;
}

const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);

/** Works out what is held from the allocations alone, and compares it with what the nodes say is free. */
function expectCapacityKept(state: PartitionState): void {
  for (const one of state.nodes.values()) {
    const shares = [...state.held.values()].flatMap(({ allocation }) =>
      one.workloads.includes(allocation.workloadId)
        ? allocation.shares.filter(({ nodeId }) => nodeId === one.terms.nodeId)
        : [],
    );
    const held = one.facts.gpus.map(({ index }) =>
      sum(shares.filter(({ gpuIndexes }) => gpuIndexes.includes(index)).map((s) => s.gpuMilli / s.gpuIndexes.length)),
    );
    expect(one.gpuFree).toEqual(held.map((milli) => 1_000 - milli));
    expect(one.gpuMilliFree).toBe(sum(one.gpuFree));
    expect(one.cpuFree).toBe(one.facts.cpuMilli - sum(shares.map(({ cpuMilli }) => cpuMilli)));
    expect(one.memoryFree).toBe(one.facts.memoryMiB - sum(shares.map(({ memoryMiB }) => memoryMiB)));
    expect(Math.min(0, ...one.gpuFree, one.cpuFree, one.memoryFree)).toBe(0);
  }
}

/** Answers 1 where a leased node was taken by work for one node. */
function expectOwnedFirst(
  state: PartitionState,
  { allocation, candidates, at: now }: AllocationGranted['data'],
): number {
  const { request } = state.queue.get(allocation.workloadId)!;
  if (request.nodes !== 1 || allocation.shares[0]?.source !== 'leased') return 0;
  const ask = askOf(request);
  const seen = { entries: pricesAt(state, now), routes: state.routes };
  // Kept for the head of the queue is the one recorded reason to pass over a free owned node.
  const kept = candidates.some(({ verdict, reason }) => verdict === 'rejected' && reason === 'BehindInQueue');
  for (const one of state.nodes.values()) {
    const suiting = suit(one, ask, seen);
    if (one.terms.source !== 'owned' || !('suited' in suiting)) continue;
    expect(lacking(one, ask, suiting.suited.places) !== undefined || kept).toBe(true);
  }
  return 1;
}

const runs = { numRuns: 150 };

describe('A partition, whatever happens', () => {
  it('never holds a GPU-milli, a core or memory twice, and grants gangs whole', () => {
    let grants = 0;
    fc.assert(
      fc.property(story, (batches) => {
        play(batches, ({ state }, _, events) => {
          expectCapacityKept(state);
          for (const { allocation } of only(events, 'drm.partition.allocation-granted')) {
            grants += 1;
            expect(new Set(allocation.shares.map(({ nodeId }) => nodeId)).size).toBe(allocation.shares.length);
            expect(allocation.shares.map(({ rank }) => rank)).toEqual(allocation.shares.map((__, rank) => rank));
          }
        });
      }),
      runs,
    );
    expect(grants).toBeGreaterThan(100);
  });

  it('gives a gang exactly as many nodes as it asked for', () =>
    fc.assert(
      fc.property(story, (batches) => {
        const asked = new Map<string, number>();
        play(batches, (_, __, events) => {
          for (const { request } of only(events, 'drm.partition.workload-queued'))
            asked.set(request.workloadId, request.nodes);
          for (const { allocation } of only(events, 'drm.partition.allocation-granted')) {
            expect(allocation.shares).toHaveLength(asked.get(allocation.workloadId) ?? -1);
          }
        });
      }),
      runs,
    ));

  it('never takes a leased node while an owned one that fits is free', () => {
    let leased = 0;
    fc.assert(
      fc.property(story, (batches) => {
        play(batches, (_, before, events) => {
          let state = before;
          for (const event of events) {
            if (event.type === 'drm.partition.allocation-granted') leased += expectOwnedFirst(state, event.data);
            state = partitionDecider.evolve(state, event);
          }
        });
      }),
      runs,
    );
    expect(leased).toBeGreaterThan(10);
  });

  it('never has a workload both queued and holding, and keeps the queue in order', () =>
    fc.assert(
      fc.property(story, (batches) => {
        play(batches, ({ state }) => {
          expect([...state.order].sort()).toEqual([...state.queue.keys()].sort());
          for (const id of state.order) expect(state.held.has(id)).toBe(false);
          const rows = state.order.map((id) => state.queue.get(id)!.request);
          rows.slice(1).forEach((row, place) => expect(rows[place]!.priority).toBeGreaterThanOrEqual(row.priority));
          expect(state.ending).toEqual([]);
        });
      }),
      runs,
    ));

  it('is the fold of its journal, and of any snapshot with what came after', () =>
    fc.assert(
      fc.property(story, fc.nat(), (batches, cut) => {
        const { state, events } = play(batches, () => undefined);
        const json = (one: PartitionState): string => canonicalJson(partitionSnapshot.toJson(one));
        expect(json(fold(partitionDecider, events))).toBe(json(state));
        const some = cut % (events.length + 1);
        const early = fold(partitionDecider, events.slice(0, some));
        const revived = partitionSnapshot.fromJson(JSON.parse(JSON.stringify(partitionSnapshot.toJson(early))));
        expect(json(fold(partitionDecider, events.slice(some), revived))).toBe(json(state));
      }),
      runs,
    ));

  it('decides the same, bit for bit, when its journal is run again', () => {
    let checked = 0;
    fc.assert(
      fc.property(story, (batches) => {
        const { events } = play(batches, () => undefined);
        const stored = JSON.parse(JSON.stringify(events)) as PartitionEvent[];
        const replayed = replayDecisions(stored);
        checked += replayed.checked;
        expect(replayed).toEqual({ checked: events.filter(isDecision).length, differing: 0 });
      }),
      runs,
    );
    expect(checked).toBeGreaterThan(500);
  });

  it('takes every input once, in whatever order its repeats come', () =>
    fc.assert(
      fc.property(story, fc.infiniteStream(fc.nat()), (batches, chance) => {
        const journal = play(batches, () => undefined);
        const inputs = journal.events.filter((event): event is PartitionInput => !isDecision(event));
        const order = inputs.map((input) => ({ input, key: chance.next().value }));
        const shuffled = order.sort((a, b) => a.key - b.key).map(({ input }) => input);
        const before = journal.state;
        for (let i = 0; i < shuffled.length; i += 10) journal.advance(10_000, ...shuffled.slice(i, i + 10));
        expect(journal.state).toBe(before);
      }),
      runs,
    ));

  it('records only valid events, at times that never go back', () =>
    fc.assert(
      fc.property(story, (batches) => {
        const { events } = play(batches, () => undefined);
        for (const event of events) eventRegistry.validate(event, 64 * 1024);
        const times = events.filter(isDecision).map(({ data }) => millisOf(data.at));
        expect(times).toEqual([...times].sort((a, b) => a - b));
      }),
      { numRuns: 40 },
    ));

  it('never lets the optimizer past its limits', () =>
    fc.assert(
      fc.property(story, (batches) => {
        play(batches, (_, before, events) => {
          let state = before;
          for (const event of events) {
            if (event.type === 'drm.partition.lease-requested' && event.data.adviceId !== undefined) {
              expect(state.autonomy).toMatchObject({ level: 'act', killSwitch: false });
              expect(state.leases.size).toBeLessThan(state.autonomy!.limits.leasedNodesMax);
            }
            state = partitionDecider.evolve(state, event);
          }
        });
      }),
      runs,
    ));
});

describe('Backfill, whatever is asked', () => {
  const asked = fc.record({
    gpus: fc.integer({ min: 1, max: 4 }),
    nodes: fc.constantFrom(1, 1, 2, 3),
    runtime: fc.integer({ min: 1, max: 50 }),
    wait: fc.constantFrom(0, 0, 1, 3),
  });

  it('starts the head of the queue no later than was foreseen when it became the head', () => {
    let foreseen = 0;
    fc.assert(
      fc.property(fc.array(asked, { minLength: 5, maxLength: 40 }), (list) => {
        const journal = new Journal();
        journal.advance(0, prices(), ...['a', 'b', 'c'].map((id) => node(id, { gpus: 4 })));
        const latest = new Map<string, number>();
        let seconds = 0;
        const promise = (): void => {
          const [head] = journal.state.order;
          const request = head === undefined ? undefined : journal.state.queue.get(head)!.request;
          if (!request) return;
          const { state } = journal;
          const fleet = new Fleet(state);
          const view = viewOf(fleet, askOf(request), { entries: pricesAt(state, at(seconds)), routes: state.routes });
          const from = reservationFor(state, fleet, view)?.from;
          if (from === undefined || latest.has(request.workloadId)) return;
          foreseen += 1;
          latest.set(request.workloadId, from);
        };
        const check = (events: readonly PartitionEvent[]): void => {
          for (const { allocation } of only(events, 'drm.partition.allocation-granted')) {
            const from = latest.get(allocation.workloadId) ?? Number.MAX_SAFE_INTEGER;
            expect(millisOf(allocation.grantedAt)).toBeLessThanOrEqual(from);
          }
          promise();
        };
        const passTo = (until: number): void => {
          for (; seconds < until; seconds += 1) {
            const now = millisOf(at(seconds));
            const done = [...journal.state.held.values()].filter(({ deadline }) => deadline <= now);
            if (done.length > 0)
              check(journal.advance(seconds, ...done.map(({ allocation }) => over(allocation.workloadId, seconds))));
          }
        };
        for (const [place, { wait, ...options }] of list.entries()) {
          check(
            journal.advance(
              seconds,
              workload(`w${place}`, { ...options, queued: seconds * 100 + place, memoryMiB: 0 }),
            ),
          );
          passTo(seconds + wait);
        }
        passTo(seconds + 3_000);
        expect(journal.state.order).toEqual([]);
      }),
      { numRuns: 100 },
    );
    expect(foreseen).toBeGreaterThan(100);
  });
});

describe('A replay', () => {
  const recorded = (): PartitionEvent[] => {
    const journal = new Journal();
    journal.advance(0, prices(), node('n1'), node('n2', { gpus: 4 }));
    journal.advance(1, workload('w1'), workload('w2'));
    journal.tick(1);
    journal.advance(1, workload('w3'));
    return journal.events;
  };

  it('notices a decision that was changed, is missing, or was made up', () => {
    const events = recorded();
    expect(replayDecisions(events)).toEqual({ checked: 3, differing: 0 });
    const changed = events.map((event) =>
      event.type === 'drm.partition.allocation-granted' && event.data.allocation.workloadId === 'w1'
        ? { ...event, data: { ...event.data, sentence: 'Because.' } }
        : event,
    );
    expect(replayDecisions(changed)).toEqual({ checked: 3, differing: 1 });
    const missing = events.filter(
      (event) => !(event.type === 'drm.partition.allocation-granted' && event.data.allocation.workloadId === 'w2'),
    );
    expect(replayDecisions(missing).differing).toBeGreaterThan(0);
  });
});
