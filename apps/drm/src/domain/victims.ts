import type { EvictionReason, RoomShare } from '@solyx/contracts';
import type { Ask } from './ask';
import { giveBack } from './capacity';
import { lacking, pickGpus } from './filter';
import type { HeldAllocation, NodeState } from './partition-state';
import { holdingOf } from './pool';
import type { Eligible } from './shape-view';
import { domainName, widestOf } from './topology';

/** Somebody who runs and may be asked to leave. */
export interface Victim {
  readonly held: HeldAllocation;
  readonly workloadId: string;
  readonly reason: EvictionReason;
  /** Work that would be lost, in micro-GPU-seconds. */
  readonly lost: number;
}

/** A node, as it will be when all who were asked to leave already have left, and who else might. */
export interface Place {
  readonly eligible: Eligible;
  readonly node: NodeState;
  readonly victims: readonly Victim[];
}

/** What an eviction costs; compared in this order. */
interface Cost {
  /** The highest priority among those who go; below all others where only spot work goes. */
  readonly worst: number;
  readonly lost: number;
  readonly count: number;
}

/** Which of them may go together: budgets of disruption, and what a queue has borrowed, bound the sum of evictions. */
export type Allows = (victims: readonly Victim[]) => boolean;

/** What is wanted, and within which limits. */
export interface Search {
  readonly ask: Ask;
  readonly allows: Allows;
}

interface NodePlan {
  readonly place: Place;
  readonly victims: readonly Victim[];
  readonly cost: Cost;
}

export interface Choice {
  readonly victims: readonly Victim[];
  /** What is kept, one per node. */
  readonly room: readonly RoomShare[];
  readonly lost: number;
}

const SPOT = -1;
const MICRO_GPU_PER_MILLI = 1_000;
/** A core that stands still, against a GPU: 16 cores usually come with one. */
const MICRO_GPU_PER_CPU_MILLI = 62;

const rankOf = ({ held: { stake } }: Victim): number => (stake.spot ? SPOT : stake.priority);

/** Work that ends undone: time since the start, or since the newest checkpoint where it keeps any. */
export function lostWork({ allocation, stake }: HeldAllocation, now: number): number {
  const ran = Math.max(0, now - stake.grantedMs);
  const seconds = Math.floor(Math.min(ran, stake.checkpointMs ?? ran) / 1000);
  const size = allocation.shares.reduce(
    (sum, { gpuMilli, cpuMilli }) => sum + gpuMilli * MICRO_GPU_PER_MILLI + cpuMilli * MICRO_GPU_PER_CPU_MILLI,
    0,
  );
  return size * seconds;
}

/** Who goes first: spot, then lower priority, then who loses least, then who started last. Ties by id. */
export const byCost = (a: Victim, b: Victim): number =>
  rankOf(a) - rankOf(b) ||
  a.lost - b.lost ||
  b.held.stake.grantedMs - a.held.stake.grantedMs ||
  (a.workloadId < b.workloadId ? -1 : a.workloadId > b.workloadId ? 1 : 0);

const costOf = (victims: readonly Victim[]): Cost => ({
  worst: victims.reduce((worst, victim) => Math.max(worst, rankOf(victim)), SPOT),
  lost: victims.reduce((sum, { lost }) => sum + lost, 0),
  count: victims.length,
});

const compare = (a: Cost, b: Cost): number => a.worst - b.worst || a.lost - b.lost || a.count - b.count;

/** The node without them. */
function without(node: NodeState, victims: Iterable<Victim>): NodeState {
  let then = node;
  for (const { workloadId, held } of victims) {
    for (const share of held.allocation.shares) {
      if (share.nodeId === node.terms.nodeId) then = giveBack(then, share, workloadId, node.idleSince);
    }
  }
  return then;
}

const fits = ({ node, eligible }: Place, ask: Ask, victims: Iterable<Victim>): boolean =>
  lacking(without(node, victims), ask, eligible.suited.places) === undefined;

const holdsOn = ({ held }: Victim, nodeId: string, index: number): number =>
  held.allocation.shares.reduce(
    (sum, share) =>
      share.nodeId === nodeId && share.gpuIndexes.includes(index)
        ? sum + share.gpuMilli / share.gpuIndexes.length
        : sum,
    0,
  );

/** The cheapest who free enough of one GPU; undefined where all of them do not. */
function perGpu({ node, victims }: Place, { ask, allows }: Search, place: number): readonly Victim[] | undefined {
  let free = node.gpuFree[place] ?? 0;
  const index = node.facts.gpus[place]?.index ?? -1;
  const taken: Victim[] = [];
  for (const victim of victims) {
    if (free >= ask.gpuMilli) break;
    const held = holdsOn(victim, node.terms.nodeId, index);
    if (held === 0 || !allows([...taken, victim])) continue;
    free += held;
    taken.push(victim);
  }
  return free >= ask.gpuMilli ? taken : undefined;
}

/** Whom to begin with, where plain GPUs are wanted: those on the GPUs that are cheapest to free. */
function onCheapestGpus(place: Place, search: Search): Set<Victim> {
  const { ask } = search;
  if (ask.gpus === 0 || !ask.isPlain) return new Set();
  const places = place.eligible.suited.places ?? [...place.node.gpuFree.keys()];
  const gpus = places
    .flatMap((at) => {
      const victims = perGpu(place, search, at);
      return victims ? [{ at, victims, cost: costOf(victims) }] : [];
    })
    .sort((a, b) => compare(a.cost, b.cost) || a.at - b.at);
  const going = new Set(gpus.slice(0, ask.gpus).flatMap(({ victims }) => victims));
  return search.allows([...going]) ? going : new Set();
}

/** Drops whoever need not go, the most expensive first. */
function pruned(places: readonly Place[], ask: Ask, victims: Iterable<Victim>): readonly Victim[] {
  const going = new Set(victims);
  for (const victim of [...going].sort((a, b) => byCost(b, a))) {
    going.delete(victim);
    if (!places.every((place) => fits(place, ask, going))) going.add(victim);
  }
  return [...going].sort(byCost);
}

/** Who has to leave one node; undefined where nobody who may be asked would make enough room. */
function planFor(place: Place, search: Search): NodePlan | undefined {
  const { ask, allows } = search;
  const { victims } = place;
  if (!fits(place, ask, victims)) return undefined;
  const going = onCheapestGpus(place, search);
  for (const victim of victims) {
    if (fits(place, ask, going)) break;
    if (!going.has(victim) && allows([...going, victim])) going.add(victim);
  }
  if (!fits(place, ask, going)) return undefined;
  const chosen = pruned([place], ask, going);
  return { place, victims: chosen, cost: costOf(chosen) };
}

/** Of nodes that could be freed, those of the group that costs least; a gang takes its minimum, not its wish. */
function planned(plans: readonly NodePlan[], ask: Ask): readonly NodePlan[] | undefined {
  const ordered = [...plans].sort(
    (a, b) => compare(a.cost, b.cost) || (a.place.eligible.nodeId < b.place.eligible.nodeId ? -1 : 1),
  );
  if (ask.nodesMin === 1) return ordered.length === 0 ? undefined : ordered.slice(0, 1);
  // In the order of cost: the first group that is complete is the one whose dearest node is the cheapest.
  const level = widestOf(ask.request.topology);
  const groups = new Map<string, NodePlan[]>();
  for (const plan of ordered) {
    const name = domainName(plan.place.node.terms, level);
    if (name === undefined) continue;
    const group = groups.get(name) ?? [];
    groups.set(name, group);
    if (group.push(plan) >= ask.nodesMin) return group;
  }
  return undefined;
}

function roomOn({ eligible, node }: Place, ask: Ask, victims: readonly Victim[]): RoomShare {
  const then = without(node, victims);
  const places = pickGpus(then, ask, eligible.suited.places);
  return {
    nodeId: eligible.nodeId,
    gpuIndexes: places.map((place) => then.facts.gpus[place]?.index ?? 0),
    gpuMilli: ask.gpuMilliTotal,
    cpuMilli: ask.cpuMilli,
    memoryMiB: ask.memoryMiB,
    ...(ask.isPlain ? {} : holdingOf(then, ask, places)),
  };
}

/**
 * Whom to evict for a workload that nothing free can take, so that the least GPU-time is disrupted: spot work before
 * other work, lower priority before higher, then the least work lost, then the fewest. On each node greedily, the GPUs
 * that are cheapest to free first, and then without those who need not go. Undefined where it would not help; no victims
 * where those who were asked already make room enough.
 */
export function chooseVictims(places: Iterable<Place>, search: Search): Choice | undefined {
  const { ask, allows } = search;
  const plans: NodePlan[] = [];
  for (const place of places) {
    const plan = planFor(place, search);
    if (plan) plans.push(plan);
  }
  const chosen = planned(plans, ask);
  if (!chosen) return undefined;
  const on = chosen.map(({ place }) => place);
  const victims = pruned(
    on,
    ask,
    chosen.flatMap((plan) => plan.victims),
  );
  if (!allows(victims)) return undefined;
  return { victims, room: on.map((place) => roomOn(place, ask, victims)), lost: costOf(victims).lost };
}
