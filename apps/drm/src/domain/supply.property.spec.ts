import fc from 'fast-check';
import { eventRegistry } from '@solyx/contracts';
import {
  PartitionLeaseEnded,
  PartitionNodeGone,
  PartitionNodeJoined,
  PolicyAdopted,
  StartsForeseen,
} from '@solyx/contracts/drm';
import { canonicalJson, fold } from '@solyx/kernel';
import { at, bought, Journal, node, offer, only, over, prices, workload } from '../test/builders';
import { foresee } from './eta';
import { factsOfLease, LEASED_NODES_MAX, LEASES_PENDING_MAX, paidUntil, termsOfLease } from './leasing';
import { partitionDecider } from './partition';
import { partitionSnapshot } from './partition-snapshot';
import type { PartitionInput } from './partition-events';
import { millisOf } from './partition-state';
import { replayDecisions } from './replay-decisions';

type Step = (journal: Journal, seconds: number) => readonly PartitionInput[];

const pick = <T>(items: readonly T[], place: number): T | undefined => items[place % Math.max(1, items.length)];

const queue = fc
  .record({
    id: fc.integer({ min: 1, max: 12 }),
    attempt: fc.integer({ min: 1, max: 3 }),
    gpus: fc.integer({ min: 0, max: 4 }),
    gpuMilli: fc.constantFrom(250, 500, 1_000),
    nodes: fc.constantFrom(1, 1, 1, 2),
    priority: fc.constantFrom(10, 50, 90),
    runtime: fc.constantFrom(5, 60, 600),
  })
  .map(({ id, ...options }): Step => (_, seconds) => [workload(`w${id}`, { ...options, queued: seconds })]);

const end = fc.nat(50).map((place): Step => ({ state }, seconds) => {
  const held = pick([...state.held.values()], place);
  return held ? [over(held.allocation.workloadId, seconds, held.allocation.attempt)] : [];
});

const buy = fc
  .tuple(fc.constantFrom('n1', 'n2'), fc.integer({ min: 0, max: 400_000 }))
  .map(([nodeId, usd]): Step => (_, seconds) => {
    const { data, ...event } = bought(nodeId, usd);
    return [{ ...event, data: { ...data, at: at(seconds) } }];
  });

const join = fc.tuple(fc.constantFrom('n1', 'n2'), fc.integer({ min: 1, max: 4 }), fc.boolean()).map(
  ([id, gpus, goes]): Step =>
    (_, seconds) =>
      goes
        ? [PartitionNodeGone({ nodeId: id, reason: 'NodeLost', at: at(seconds) })]
        : [node(id, { gpus, joined: seconds, cpuMilli: 32_000, memoryMiB: 65_536 })],
);

const market = fc
  .record({
    id: fc.constantFrom('o1', 'o2'),
    gpus: fc.integer({ min: 1, max: 4 }),
    perHour: fc.integer({ min: 0, max: 40_000_000 }),
    unit: fc.constantFrom(undefined, 60, 600),
    minimum: fc.constantFrom(0, 10, 900),
    evict: fc.nat(1_000),
    fresh: fc.integer({ min: 1, max: 60 }),
  })
  .map(({ id, gpus, perHour, unit, minimum, evict, fresh }): Step => (_, seconds) => [
    offer(id, {
      ...{ gpusPerNode: gpus, available: 3, priceMicroUsdPerHour: String(perHour), minimumSeconds: minimum },
      ...{ cpuMilli: 32_000, memoryMiB: 65_536, evictionPerMilleHour: evict },
      ...{ observedAt: at(seconds), freshUntil: at(seconds + fresh) },
      ...(unit === undefined ? {} : { billingUnitSeconds: unit }),
    }),
  ]);

const lease = fc.tuple(fc.nat(20), fc.nat(3)).map(([place, what]): Step => ({ state }, seconds) => {
  const one = pick([...state.leases.values()], place);
  if (!one) return [];
  const { leaseId, offer: leased, phase, nodeId } = one;
  if (phase === 'pending') {
    if (what === 0) return [PartitionLeaseEnded({ leaseId, reason: 'LessorFailed', at: at(seconds) })];
    const terms = termsOfLease(leaseId, leased);
    return [PartitionNodeJoined({ terms, facts: factsOfLease(leaseId, leased), at: at(seconds) })];
  }
  if (phase === 'active' && what > 0) return [];
  const reason = phase === 'active' ? 'LeaseOrphaned' : 'LeaseIdle';
  const gone = PartitionNodeGone({ nodeId, reason, at: at(seconds) });
  return [gone, PartitionLeaseEnded({ leaseId, reason, at: at(seconds) })];
});

const foresight = fc.constant<Step>(({ state }, seconds) => {
  const said = foresee(state, at(seconds));
  return said.starts.length === 0 ? [] : [StartsForeseen(said)];
});

const step = fc.oneof(
  { weight: 4, arbitrary: queue },
  { weight: 6, arbitrary: end },
  { weight: 1, arbitrary: buy },
  { weight: 1, arbitrary: join },
  { weight: 2, arbitrary: market },
  { weight: 3, arbitrary: lease },
  { weight: 1, arbitrary: foresight },
  { weight: 5, arbitrary: fc.constant<Step>(() => []) },
);
const history = fc.array(fc.tuple(step, fc.constantFrom(1, 20, 60, 400)), { minLength: 5, maxLength: 40 });

type Steps = readonly (readonly [Step, number])[];

function play(steps: Steps, each: (journal: Journal, seconds: number) => void = () => undefined): Journal {
  const journal = new Journal();
  journal.advance(
    0,
    prices(),
    PolicyAdopted({ policy: 'shadow-price/1', at: at(0) }),
    node('n1', { gpus: 4 }),
    bought('n1'),
  );
  let seconds = 1;
  for (const [make, pause] of steps) {
    const inputs = make(journal, seconds);
    if (inputs.length === 0) journal.tick(seconds);
    else journal.advance(seconds, ...inputs);
    each(journal, seconds);
    seconds += pause;
  }
  return journal;
}

/** A lease that is up and idle, and then mostly quiet. */
const rental = fc
  .tuple(
    market,
    fc.array(
      fc.tuple(
        fc.oneof(
          fc.constant<Step>(() => []),
          queue,
          end,
        ),
        fc.constantFrom(20, 30, 200),
      ),
    ),
  )
  .map(([offers, rest]): Steps => {
    const big: Step = (_, seconds) =>
      [1, 2].map((id) => workload(`big${id}`, { gpus: 1, queued: seconds, priority: 90 }));
    const fill: Step = (_, seconds) => [workload('fill', { gpus: 4, queued: seconds, priority: 90 })];
    const up: Step = ({ state }, seconds) =>
      [...state.leases.values()].map(({ leaseId, offer: leased }) =>
        PartitionNodeJoined({
          terms: termsOfLease(leaseId, leased),
          facts: factsOfLease(leaseId, leased),
          at: at(seconds),
        }),
      );
    const done: Step = ({ state }, seconds) => [...state.held.keys()].map((workloadId) => over(workloadId, seconds));
    return [[offers, 1], [fill, 1], [big, 1], [up, 1], [done, 1], ...rest];
  });

describe('Supply, whatever happens', () => {
  it('decides the same, bit for bit, when its journal is run again, and records only valid events', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const { events } = play(steps);
        expect(replayDecisions(events).differing).toBe(0);
        for (const event of events) eventRegistry.validate(event);
      }),
      { numRuns: 300 },
    );
  });

  it('is the fold of any snapshot with what came after', () => {
    fc.assert(
      fc.property(history, fc.nat(1_000), (steps, cut) => {
        const { events, state } = play(steps);
        const head = events.slice(0, cut % (events.length + 1));
        const json: unknown = JSON.parse(JSON.stringify(partitionSnapshot.toJson(fold(partitionDecider, head))));
        const again = fold(partitionDecider, events.slice(head.length), partitionSnapshot.fromJson(json));
        expect(canonicalJson(partitionSnapshot.toJson(again))).toBe(canonicalJson(partitionSnapshot.toJson(state)));
      }),
      { numRuns: 200 },
    );
  });

  it('leases within its bounds, fresh offers alone, and gives back only what is paid for', () => {
    let leased = 0;
    let idle = 0;
    fc.assert(
      fc.property(fc.oneof(history, rental), (steps) => {
        let before = new Journal().state;
        let seen = 0;
        play(steps, (journal, seconds) => {
          const now = millisOf(at(seconds));
          const fresh = journal.events.slice(seen);
          seen = journal.events.length;
          for (const wanted of only(fresh, 'drm.partition.lease-requested')) {
            leased += 1;
            expect(wanted.offer.freshUntil > wanted.at).toBe(true);
          }
          for (const { leaseId, reason } of only(fresh, 'drm.partition.lease-release-requested')) {
            const one = before.leases.get(leaseId);
            if (reason !== 'LeaseIdle' || one?.phase !== 'active') continue;
            idle += 1;
            const isShort = (one.offer.billingUnitSeconds ?? 1) <= 60;
            expect(now).toBeGreaterThanOrEqual(millisOf(one.activeAt) + (one.offer.minimumSeconds - 60) * 1_000);
            if (!isShort) expect(paidUntil(one, now) - now).toBeLessThanOrEqual(60_000);
          }
          const pending = [...journal.state.leases.values()].filter(({ phase }) => phase === 'pending').length;
          expect(pending).toBeLessThanOrEqual(LEASES_PENDING_MAX);
          expect(journal.state.leases.size).toBeLessThanOrEqual(LEASED_NODES_MAX);
          before = journal.state;
        });
      }),
      { numRuns: 500 },
    );
    expect(leased).toBeGreaterThan(20);
    expect(idle).toBeGreaterThan(20);
  });
});
