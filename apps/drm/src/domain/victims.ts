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

const FREE: Cost = { worst: SPOT, lost: 0, count: 0 };

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

const ALL: Allows = () => true;

/** The cheapest who free enough of one GPU; undefined where all of them do not. */
function perGpu({ node, victims }: Place, { ask, allows }: Search, place: number): readonly Victim[] | undefined {
  let free = node.gpuFree[place] ?? 0;
  const index = node.facts.gpus[place]?.index ?? -1;
  const taken: Victim[] = [];
  for (const victim of victims) {
    if (free >= ask.gpuMilli) break;
    const held = holdsOn(victim, node.terms.nodeId, index);
    if (held === 0 || (allows !== ALL && !allows([...taken, victim]))) continue;
    free += held;
    taken.push(victim);
  }
  return free >= ask.gpuMilli ? taken : undefined;
}

/** Those on the GPUs that are cheapest to free, as many GPUs as it wants; undefined where so many cannot be freed. */
function onCheapestGpus(place: Place, search: Search): Set<Victim> | undefined {
  const { ask } = search;
  const places = place.eligible.suited.places ?? [...place.node.gpuFree.keys()];
  const gpus: { readonly at: number; readonly victims: readonly Victim[]; readonly cost: Cost }[] = [];
  for (const at of places) {
    const victims = perGpu(place, search, at);
    if (victims) gpus.push({ at, victims, cost: costOf(victims) });
  }
  if (gpus.length < ask.gpus) return undefined;
  gpus.sort((a, b) => compare(a.cost, b.cost) || a.at - b.at);
  return new Set(gpus.slice(0, ask.gpus).flatMap(({ victims }) => victims));
}

const wantsPlainGpus = ({ gpus, isPlain }: Ask): boolean => gpus > 0 && isPlain;

/** About what it costs to free a node, as far as plain GPUs tell; undefined where they cannot be freed. */
function estimate(place: Place, ask: Ask): Cost | undefined {
  if (!wantsPlainGpus(ask)) return FREE;
  const going = onCheapestGpus(place, { ask, allows: ALL });
  return going && costOf([...going]);
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
  const cheapest = wantsPlainGpus(ask) ? onCheapestGpus(place, search) : undefined;
  const going = cheapest && allows([...cheapest]) ? cheapest : new Set<Victim>();
  for (const victim of victims) {
    if (fits(place, ask, going)) break;
    if (!going.has(victim) && allows([...going, victim])) going.add(victim);
  }
  if (!fits(place, ask, going)) return undefined;
  const chosen = pruned([place], ask, going);
  return { place, victims: chosen, cost: costOf(chosen) };
}

/** Nodes for which it is worked out in full who would have to leave, besides those that a gang needs. */
const PLANS_MAX = 32;

/** The nodes, those that seem cheapest to free first. */
function ranked(places: Iterable<Place>, ask: Ask): readonly { readonly place: Place; readonly least: Cost }[] {
  const rows: { readonly place: Place; readonly least: Cost }[] = [];
  for (const place of places) {
    const least = estimate(place, ask);
    if (least) rows.push({ place, least });
  }
  return rows.sort((a, b) => compare(a.least, b.least) || (a.place.eligible.nodeId < b.place.eligible.nodeId ? -1 : 1));
}

/** The node that costs least: looked for among those that seem cheapest, until none of the others can be cheaper. */
function cheapestNode(places: Iterable<Place>, search: Search): readonly NodePlan[] | undefined {
  let best: NodePlan | undefined;
  let plans = 0;
  for (const { place, least } of ranked(places, search.ask)) {
    if (plans >= PLANS_MAX || (best && compare(best.cost, least) <= 0)) break;
    const plan = planFor(place, search);
    if (!plan) continue;
    plans += 1;
    if (!best || compare(plan.cost, best.cost) < 0) best = plan;
  }
  return best && [best];
}

/** The nodes of the group that is complete first, going by what they seem to cost; a gang takes its minimum. */
function cheapestGroup(places: Iterable<Place>, search: Search): readonly NodePlan[] | undefined {
  const { ask } = search;
  const level = widestOf(ask.request.topology);
  const groups = new Map<string, NodePlan[]>();
  for (const { place } of ranked(places, ask)) {
    const name = domainName(place.node.terms, level);
    const plan = name === undefined ? undefined : planFor(place, search);
    if (name === undefined || !plan) continue;
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
  const chosen = ask.nodesMin === 1 ? cheapestNode(places, search) : cheapestGroup(places, search);
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
