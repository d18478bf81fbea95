import fc from 'fast-check';
import { eventRegistry, type GpuPool, type Sharing } from '@solyx/contracts';
import {
  type AllocationGranted,
  PartitionNodeEvictionNoticed,
  PartitionNodeGone,
  PolicyAdopted,
  type PreemptionRequested,
} from '@solyx/contracts/drm';
import { canonicalJson, fold } from '@solyx/kernel';
import { propertyRuns } from '@solyx/testing';
import { at, Journal, node, over, prices, route, routes, workload } from '../test/builders';
import { askOf } from './ask';
import { ClaimBook } from './claims';
import { DisruptionBudget, type DisruptionLimits } from './disruption';
import { Draft } from './draft';
import { migProfileOf, maskOf, SLICE_MILLI } from './mig';
import { partitionDecider } from './partition';
import { isDecision, type PartitionEvent, type PartitionInput } from './partition-events';
import { partitionSnapshot } from './partition-snapshot';
import { millisOf, type HeldAllocation, type NodeState, type PartitionState } from './partition-state';
import { SHADOW_PRICE } from './policy';
import { replayDecisions } from './replay-decisions';
import { Run } from './run';
import { Evictor } from './verbs/preempt';

const runs = propertyRuns(15);

type Step = (journal: Journal, seconds: number) => readonly PartitionInput[];
const pick = <T>(items: readonly T[], place: number): T | undefined => items[place % Math.max(1, items.length)];

/** Plain nodes in racks and islands, nodes whose GPUs are cut, and nodes whose GPUs are pooled. */
function joined(id: string, kind: 'plain' | 'mig' | 'pool', seconds: number, variant: number): PartitionInput {
  const label = { rack: `r${variant % 2}`, fabric: `i${variant % 3}` };
  const pools: GpuPool[] = [
    {
      ...{ poolId: 'a', gpuIndexes: [0, 1], ratio: 2 + (variant % 2), quantumMs: 20 },
      ...{ sharing: variant % 2 === 0 ? 'spatial' : 'time-sliced', tenancy: 'private' },
    },
    { poolId: 'b', gpuIndexes: [2], sharing: 'exclusive', ratio: 4, tenancy: 'shared' },
  ];
  const options = { gpus: 4, model: 'A100', joined: seconds, cpuMilli: 16_000, memoryMiB: 16_384 };
  const made = node(id, { ...options, terms: kind === 'pool' ? { ...label, pools } : label });
  if (kind !== 'mig') return made;
  const gpus = made.data.facts.gpus.map((gpu, place) => ({ ...gpu, migEnabled: place < 2 }));
  return { ...made, data: { ...made.data, facts: { ...made.data.facts, gpus } } };
}

const NODES = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6'];
const KINDS = ['plain', 'plain', 'plain', 'mig', 'pool', 'pool'] as const;
const join = fc
  .tuple(fc.nat(5), fc.constantFrom(...KINDS), fc.nat(5))
  .map(([place, kind, variant]): Step => (_, seconds) => [joined(NODES[place]!, kind, seconds, variant)]);

const how = fc.constantFrom<{ readonly sharing?: Sharing; readonly migProfile?: string }>(
  ...[
    {},
    {},
    {},
    { sharing: 'spatial' as const },
    { sharing: 'time-sliced' as const },
    { sharing: 'exclusive' as const },
  ],
  ...['1g.10gb', '2g.20gb', '3g.40gb', '4g.40gb'].map((migProfile) => ({ migProfile })),
);
const gang = fc.constantFrom(
  { nodes: 1 },
  { nodes: 1 },
  { nodes: 2 },
  { nodes: 3, nodesMin: 2 },
  { nodes: 2, topology: { level: 'island' as const, required: true } },
  { nodes: 3, nodesMin: 2, topology: { level: 'rack' as const, required: true } },
);
const queue = fc
  .record({
    id: fc.integer({ min: 1, max: 80 }),
    attempt: fc.integer({ min: 1, max: 2 }),
    gpus: fc.constantFrom(0, 1, 1, 2, 4),
    gpuMilli: fc.constantFrom(250, 500, 1000, 1000),
    cpuMilli: fc.integer({ min: 0, max: 3_000 }),
    priority: fc.constantFrom(10, 50, 90),
    runtime: fc.constantFrom(60, 6_000),
    organizationId: fc.constantFrom('acme', 'acme', 'acme', 'acme', 'umbra'),
    spot: fc.constantFrom(true, false, false, false, false),
    kept: fc.boolean(),
    minRuntimeSeconds: fc.constantFrom(undefined, 0, 0, 5, 500),
    how,
    gang,
  })
  .map(({ id, how: shared, gang: size, organizationId, spot, kept, minRuntimeSeconds, ...options }): Step => {
    const first = workload(`w${id}`, { ...options, memoryMiB: 256 }).data.request;
    const isPlain = shared.sharing === undefined && shared.migProfile === undefined;
    const gpus = isPlain ? options.gpus : Math.min(2, Math.max(1, options.gpus));
    const resources = { ...first.resources, gpus, ...(isPlain ? {} : { gpuMilli: 250 }), ...shared };
    const change = {
      ...{ ...(isPlain ? size : {}), organizationId, resources },
      ...(spot ? { spot } : {}),
      ...(kept ? { checkpointSeconds: 5 } : {}),
      ...(minRuntimeSeconds === undefined ? {} : { minRuntimeSeconds }),
    };
    return (_, seconds) => [workload(`w${id}`, { ...options, queued: seconds, change })];
  });

const endHeld = fc.nat(50).map((place): Step => ({ state }, seconds) => {
  const held = pick([...state.held.values()], place);
  return held ? [over(held.allocation.workloadId, seconds, held.allocation.attempt)] : [];
});

/** Those who were asked to leave have left. */
const leave = fc.nat(9).map((place): Step => ({ state }, seconds) => {
  const held = state.held.get(pick(state.evicting, place) ?? '');
  return held ? [over(held.allocation.workloadId, seconds, held.allocation.attempt)] : [];
});

const nodeGoes = fc
  .tuple(fc.constantFrom(...NODES), fc.boolean())
  .map(([nodeId, isLost]): Step => (_, seconds) => [
    isLost
      ? PartitionNodeGone({ nodeId, reason: 'NodeLost', at: at(seconds) })
      : PartitionNodeEvictionNoticed({ nodeId, noticeSeconds: 30, at: at(seconds) }),
  ]);

const step = fc.oneof(
  { weight: 2, arbitrary: join },
  { weight: 20, arbitrary: queue },
  { weight: 2, arbitrary: endHeld },
  { weight: 5, arbitrary: leave },
  { weight: 1, arbitrary: nodeGoes },
);
const batch = fc.record({
  wait: fc.constantFrom(0, 1, 10, 70, 400),
  steps: fc.array(step, { minLength: 1, maxLength: 8 }),
});
const story = fc.array(batch, { minLength: 8, maxLength: 25, size: 'max' });

function play(
  batches: readonly { wait: number; steps: readonly Step[] }[],
  each: (journal: Journal, before: PartitionState, events: readonly PartitionEvent[]) => void,
): Journal {
  const journal = new Journal();
  journal.advance(0, prices(), routes(route('far', 'home')), PolicyAdopted({ policy: SHADOW_PRICE.id, at: at(0) }));
  journal.advance(0, ...NODES.map((id, place) => joined(id, KINDS[place]!, 0, place)));
  let seconds = 1;
  for (const { wait, steps } of batches) {
    seconds += wait;
    const inputs = steps.flatMap((one) => one(journal, seconds));
    const before = journal.state;
    each(journal, before, inputs.length === 0 ? journal.tick(seconds) : journal.advance(seconds, ...inputs));
  }
  return journal;
}

const sharesOn = ({ held }: PartitionState, { terms, workloads }: NodeState) =>
  [...held.values()]
    .filter(({ allocation }) => workloads.includes(allocation.workloadId))
    .flatMap(({ allocation }) =>
      allocation.shares
        .filter(({ nodeId }) => nodeId === terms.nodeId)
        .map((share) => ({ ...share, organizationId: allocation.organizationId })),
    );

/** What is held on the GPUs of a node, worked out from the allocations alone. Answers how many slices and shared GPUs. */
function expectGpusKept(state: PartitionState, one: NodeState): { slices: number; shared: number } {
  const shares = sharesOn(state, one);
  let slices = 0;
  let shared = 0;
  one.facts.gpus.forEach((gpu, place) => {
    const here = shares.filter(({ gpuIndexes }) => gpuIndexes.includes(gpu.index));
    const milli = here.reduce((sum, { gpuMilli, gpuIndexes }) => sum + gpuMilli / gpuIndexes.length, 0);
    expect(one.gpuFree[place]).toBe(1_000 - milli);
    expect(milli).toBeLessThanOrEqual(1_000);
    let used = 0;
    for (const { mig = [] } of here) {
      for (const { gpuIndex, profile, start } of mig.filter((slice) => slice.gpuIndex === gpu.index)) {
        const { memory, starts } = migProfileOf(gpu, profile)!;
        expect(gpuIndex).toBe(gpu.index);
        expect(starts).toContain(start);
        expect(used & maskOf(start, memory)).toBe(0);
        used |= maskOf(start, memory);
        slices += 1;
        expect(memory * SLICE_MILLI).toBeLessThanOrEqual(1_000);
      }
    }
    if (here.length > 0) expect(here.some(({ mig }) => mig !== undefined)).toBe(gpu.migEnabled === true);
    const pool = one.terms.pools?.find(({ gpuIndexes }) => gpuIndexes.includes(gpu.index));
    for (const { pool: held } of here) expect(held?.poolId).toBe(pool?.poolId);
    if (pool) {
      expect(here.length).toBeLessThanOrEqual(pool.sharing === 'exclusive' ? 1 : pool.ratio);
      if (here.length > 1) shared += 1;
    }
  });
  return { slices, shared };
}

/** How often each thing that is checked was there to be checked. */
class Seen {
  private readonly counts = new Map<string, number>();
  add(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }
  of(what: string): number {
    return this.counts.get(what) ?? 0;
  }
}

/** No thousandth, no slice twice, no more on a shared GPU than its ratio. */
function expectCapacityKept(state: PartitionState, seen: Seen): void {
  for (const one of state.nodes.values()) {
    const found = expectGpusKept(state, one);
    seen.add('slice', found.slices);
    seen.add('shared GPU', found.shared);
    expect(one.gpuMilliFree).toBe(one.gpuFree.reduce((sum, free) => sum + free, 0));
    expect(Math.min(one.cpuFree, one.memoryFree, ...one.gpuFree)).toBeGreaterThanOrEqual(0);
  }
}

/** Never two organizations on a private pool. */
function expectPoolsPrivate(state: PartitionState, seen: Seen): void {
  for (const one of state.nodes.values()) {
    for (const { poolId, tenancy } of one.terms.pools ?? []) {
      if (tenancy !== 'private') continue;
      const owners = sharesOn(state, one).filter(({ pool }) => pool?.poolId === poolId);
      seen.add('on a private pool', owners.length);
      expect(new Set(owners.map(({ organizationId }) => organizationId)).size).toBeLessThanOrEqual(1);
    }
  }
}

/** Never fewer nodes than the minimum, never more than wished, all together where required. */
function expectGangWhole(state: PartitionState, { allocation }: AllocationGranted['data'], seen: Seen): void {
  const { workloadId, shares } = allocation;
  const { nodes, nodesMin = nodes, topology } = state.queue.get(workloadId)!.request;
  expect(shares.length).toBeGreaterThanOrEqual(nodesMin);
  expect(shares.length).toBeLessThanOrEqual(nodes);
  expect(new Set(shares.map(({ nodeId }) => nodeId)).size).toBe(shares.length);
  if (nodes > 1) seen.add('gang');
  if (shares.length < nodes) seen.add('gang of fewer');
  if (!topology) return;
  const terms = shares.map(({ nodeId }) => state.nodes.get(nodeId)!.terms);
  expect(new Set(terms.map(({ rack, fabric }) => (topology.level === 'rack' ? rack : fabric))).size).toBe(1);
}

/** Not before the end of a minimum runtime, not twice, not from below, not without somebody who gains. */
function expectRightful(state: PartitionState, data: PreemptionRequested['data'], seen: Seen): void {
  const { workloadId, forWorkloadId, reason, attempt } = data;
  const held = state.held.get(workloadId)!;
  expect(held.allocation.attempt).toBe(attempt);
  expect(held.evicting).toBeUndefined();
  seen.add(reason);
  // What a lessor takes, it takes.
  if (forWorkloadId === undefined) return expect(state.nodes.get(held.allocation.shares[0]!.nodeId)).toBeDefined();
  const gains = state.queue.get(forWorkloadId)!.request;
  expect(millisOf(data.at)).toBeGreaterThanOrEqual(held.stake.safeUntil);
  if (reason === 'Preempted') {
    expect(held.stake.priority).toBeLessThan(gains.priority);
    expect(held.allocation.organizationId).toBe(gains.organizationId);
  }
  if (reason === 'SpotReclaimed') expect(held.stake.spot).toBe(true);
  if (reason !== 'Consolidated') expect(gains.spot ?? false).toBe(false);
}

/** All room that is kept, together, fits what will be free when all have left; and is kept for those who wait. */
function expectClaimsCovered(state: PartitionState, seen: Seen): void {
  const book = new ClaimBook(state, millisOf(state.decidedAt));
  if (book.isEmpty) return;
  seen.add('claim', state.claims.size);
  for (const one of state.nodes.values()) {
    const then = book.promised(one);
    expect(Math.min(then.cpuFree, then.memoryFree, ...then.gpuFree)).toBeGreaterThanOrEqual(0);
    const now = book.visible(one);
    now.gpuFree.forEach((free, place) => expect(free).toBeLessThanOrEqual(one.gpuFree[place]!));
  }
  for (const workloadId of state.claims.keys()) expect(state.queue.has(workloadId)).toBe(true);
}

describe('Evictions, slices, pools and gangs, whatever happens', () => {
  it('never hold anything twice, mix tenants, break gangs or minimum runtimes, or promise what is not there', () => {
    const seen = new Seen();
    fc.assert(
      fc.property(story, (batches) => {
        play(batches, (journal, before, events) => {
          expectCapacityKept(journal.state, seen);
          expectPoolsPrivate(journal.state, seen);
          expectClaimsCovered(journal.state, seen);
          let state = before;
          for (const event of events) {
            if (event.type === 'drm.partition.allocation-granted') expectGangWhole(state, event.data, seen);
            if (event.type === 'drm.partition.preemption-requested') expectRightful(state, event.data, seen);
            state = partitionDecider.evolve(state, event);
          }
        });
      }),
      runs,
    );
    for (const what of ['slice', 'shared GPU', 'on a private pool', 'gang', 'gang of fewer', 'claim']) {
      expect([what, seen.of(what) > 2]).toEqual([what, true]);
    }
    for (const reason of ['Preempted', 'SpotReclaimed']) expect([reason, seen.of(reason) > 2]).toEqual([reason, true]);
  });

  it('are valid, are the same when run again, and survive a snapshot', () =>
    fc.assert(
      fc.property(story, fc.nat(), (batches, cut) => {
        const { state, events } = play(batches, () => undefined);
        for (const event of events) eventRegistry.validate(event, 64 * 1024);
        const stored = JSON.parse(JSON.stringify(events)) as PartitionEvent[];
        expect(replayDecisions(stored)).toEqual({ checked: events.filter(isDecision).length, differing: 0 });
        const json = (one: PartitionState): string => canonicalJson(partitionSnapshot.toJson(one));
        const some = cut % (events.length + 1);
        const early = fold(partitionDecider, events.slice(0, some));
        const revived = partitionSnapshot.fromJson(JSON.parse(JSON.stringify(partitionSnapshot.toJson(early))));
        expect(json(fold(partitionDecider, events.slice(some), revived))).toBe(json(state));
      }),
      propertyRuns(8),
    ));

  it('never exceed the disruption budgets, however small these are', () => {
    let evictions = 0;
    let stopped = 0;
    const limits = fc.record({
      concurrent: fc.integer({ min: 0, max: 4 }),
      perHour: fc.integer({ min: 0, max: 8 }),
      movesPerHour: fc.constant(0),
    });
    const HOUR = 3_600_000;
    const counts = (state: PartitionState, now: number, { concurrent, perHour }: DisruptionLimits): void => {
      for (const tenant of ['acme', 'umbra']) {
        const leaving = state.evicting.filter((id) => state.held.get(id)?.allocation.organizationId === tenant);
        const hour = state.disruptions.filter(
          ({ at: then, organizationId }) => then > now - HOUR && organizationId === tenant,
        );
        expect(leaving.length).toBeLessThanOrEqual(concurrent);
        expect(hour.length).toBeLessThanOrEqual(perHour);
      }
    };
    fc.assert(
      fc.property(story, limits, (batches, limit) => {
        const quiet = batches.map(({ wait, steps }) => ({ wait, steps }));
        // The scheduler's own evictions are left out, so that those below are the only ones.
        const journal = new Journal();
        journal.advance(0, prices(), ...NODES.map((id, place) => joined(id, KINDS[place]!, 0, place)));
        let { state } = journal;
        let seconds = 1;
        for (const { wait, steps } of quiet) {
          seconds += wait;
          journal.state = state;
          const inputs = steps.flatMap((one) => one(journal, seconds)).filter(({ type }) => !type.includes('node-'));
          journal.advance(seconds, ...inputs);
          const draft = new Draft(journal.state, at(seconds), { decisions: 500, bytes: 1_000_000 });
          const run = new Run(draft);
          const evictor = new Evictor(draft, () => undefined, limit);
          for (const workload of [...draft.state.queue.values()].sort((a, b) => (a.shape < b.shape ? -1 : 1))) {
            const before = draft.decisions.length;
            const { view } = run.shapeOf(workload, askOf(workload.request));
            const asked = evictor.makeRoom({ workload, view }, () => false);
            evictions += draft.decisions.length - before;
            if (asked === 0) stopped += 1;
            counts(draft.state, millisOf(at(seconds)), limit);
          }
          ({ state } = draft);
        }
      }),
      runs,
    );
    expect(evictions).toBeGreaterThan(5);
    expect(stopped).toBeGreaterThan(5);
  });

  it('count what is left of a budget by tenant and by queue', () => {
    const held = (organizationId: string, name: string): HeldAllocation =>
      ({ allocation: { organizationId }, stake: { queue: name } }) as HeldAllocation;
    const victim = (organizationId: string, name: string) =>
      ({ held: held(organizationId, name), workloadId: 'w', reason: 'Preempted', lost: 0 }) as const;
    const { state } = new Journal();
    const one = { at: millisOf(at(0)), organizationId: 'acme', queue: 'acme/a', reason: 'Preempted' };
    const limits = { concurrent: 9, perHour: 2, movesPerHour: 1 };
    const after = (seconds: number) => new DisruptionBudget({ ...state, disruptions: [one] }, at(seconds), limits);
    expect(after(10).allows([victim('acme', 'a')])).toBe(true);
    expect(after(10).allows([victim('acme', 'a'), victim('acme', 'b')])).toBe(false);
    expect(after(10).allows([victim('umbra', 'a'), victim('umbra', 'b')])).toBe(true);
    expect(after(3_601).allows([victim('acme', 'a'), victim('acme', 'b')])).toBe(true);
  });
});
