import { askOf, type Ask } from '../ask';
import { take, WHOLE_GPU } from '../capacity';
import { ClaimBook } from '../claims';
import { DisruptionBudget } from '../disruption';
import type { Draft } from '../draft';
import { NOTICE_SECONDS, stakeOfKey } from '../eviction';
import { millisOf, type HeldAllocation, type NodeState } from '../partition-state';
import { MICRO_GPU } from '../score/opinion';
import type { ShapeView } from '../shape-view';
import { chooseVictims, type Victim } from '../victims';
import { evictAll, type Beneficiary, type Evictor, type Prey } from './preempt';

/** What is gained is counted for so long at most: what waits may be let in by others' ends later anyway. */
const HORIZON_SECONDS = 3_600;
/** A move costs so much of the mover's time besides what it loses: to stop, to be placed, to start. */
const RESTART_SECONDS = 60 + NOTICE_SECONDS;
/** What is gained must be worth so many times what is lost: the gain is foreseen, the loss is certain. */
const WORTH = 2;
const MOVES_AT_ONCE_MAX = 4;
/** Nodes that are looked at: those with the most free already. */
const PLACES_MAX = 64;

/** Work that may be moved: it keeps checkpoints, or takes evictions into the bargain; one node's worth of it. */
const isMovable = ({ allocation, stake }: HeldAllocation): boolean =>
  allocation.shares.length === 1 &&
  (allocation.shares[0]?.gpuIndexes.length ?? 0) > 0 &&
  (stake.spot || stake.checkpointMs !== undefined);

const hasMovable = ({ state }: Draft): boolean => {
  for (const [key] of state.stakes.entries()) if (stakeOfKey(key).movable) return true;
  return false;
};

/** Moving makes no room, it only brings together what there is: so much must be free already. */
function hasRoomFor({ state }: Draft, { ask, eligible }: ShapeView): boolean {
  let missing = ask.gpuMilliTotal * ask.nodesMin;
  for (const { nodeId } of eligible) {
    missing -= state.nodes.get(nodeId)?.gpuMilliFree ?? 0;
    if (missing <= 0) return true;
  }
  return false;
}

/** Nodes of one kind: whatever the work that runs on one of them wanted, it gets on another. */
const kindOf = ({ terms, facts }: NodeState): string =>
  [
    ...[terms.source, terms.provider, String(terms.simulated), terms.site, terms.region, terms.fabric ?? ''],
    ...[facts.gpus[0]?.model ?? '', String(facts.gpus[0]?.memoryMiB ?? 0)],
  ].join('|');

const NOWHERE: readonly NodeState[] = [];

/** Where the movers go: plain GPUs of other nodes of the same kind, the fullest that suffice, filled in thought. */
class Elsewhere {
  /** With something free, the fullest first. */
  private readonly byKind = new Map<string, NodeState[]>();
  private readonly kinds = new Map<string, string>();

  constructor(nodes: Iterable<NodeState>, claims: ClaimBook) {
    for (const node of nodes) {
      if (node.cordoned || node.releasing || node.shared !== undefined) continue;
      const kind = kindOf(node);
      this.kinds.set(node.terms.nodeId, kind);
      const seen = claims.visible(node);
      if (seen.gpuMilliFree === 0) continue;
      const alike = this.byKind.get(kind) ?? [];
      this.byKind.set(kind, alike);
      alike.push(seen);
    }
    for (const alike of this.byKind.values()) {
      alike.sort((a, b) => a.gpuMilliFree - b.gpuMilliFree || (a.terms.nodeId < b.terms.nodeId ? -1 : 1));
    }
  }

  /** Is there room for all of them at once, away from where they are? */
  holds(victims: readonly Victim[], homes: ReadonlySet<string>): boolean {
    const filled = new Map<string, NodeState>();
    return victims.every((victim) => this.holdsOne(victim, homes, filled));
  }

  private holdsOne({ held }: Victim, homes: ReadonlySet<string>, filled: Map<string, NodeState>): boolean {
    const [share] = held.allocation.shares;
    if (!share) return false;
    const each = share.gpuMilli / share.gpuIndexes.length;
    for (const before of this.byKind.get(this.kinds.get(share.nodeId) ?? '') ?? NOWHERE) {
      const { nodeId } = before.terms;
      const node = filled.get(nodeId) ?? before;
      if (homes.has(nodeId) || node.cpuFree < share.cpuMilli || node.memoryFree < share.memoryMiB) continue;
      const places = node.gpuFree.flatMap((free, place) => (free >= each ? [place] : []));
      if (places.length < share.gpuIndexes.length) continue;
      const gpuIndexes = places.slice(0, share.gpuIndexes.length).map((place) => node.facts.gpus[place]?.index ?? 0);
      filled.set(nodeId, take(node, { ...share, gpuIndexes }, held.allocation.workloadId));
      return true;
    }
    return false;
  }
}

/** GPUs that the large work would use, for as long as it may run, at most the horizon; micro-GPU-seconds. */
const gainOf = ({ nodesMin, gpus, runtimeMs }: Ask): number =>
  nodesMin * gpus * MICRO_GPU * Math.min(HORIZON_SECONDS, Math.floor(runtimeMs / 1000));

/** What moving them loses; micro-GPU-seconds. */
const costOf = (victims: readonly Victim[]): number =>
  victims.reduce(
    (sum, { held, lost }) => sum + lost + (held.allocation.shares[0]?.gpuMilli ?? 0) * 1_000 * RESTART_SECONDS,
    0,
  );

/**
 * Moves a few running workloads out of the way of one that wants whole GPUs and finds only pieces: those that may be
 * moved, have run their minimum, and fit elsewhere at once. Only where the GPUs that the large work gets are worth more
 * than what the moves lose, and within the moves of the hour. Answers for how many it waits.
 */
export function consolidate(
  draft: Draft,
  evictor: Evictor,
  { workload, view }: Beneficiary,
  isKept: (nodeId: string) => boolean,
): number {
  const { ask } = view;
  if (ask.gpus === 0 || ask.gpuMilli < WHOLE_GPU || !ask.isPlain || !hasMovable(draft)) return 0;
  const budget = new DisruptionBudget(draft.state, draft.at);
  const most = Math.min(MOVES_AT_ONCE_MAX, budget.movesLeft);
  if (most === 0 || !hasRoomFor(draft, view) || !evictor.mayTryMoves(workload)) return 0;
  const own = askOf(workload.request);
  const prey: Prey = {
    mayBeOn: (stakes) => stakes.hasMovable,
    reasonToTake: (held) => (isMovable(held) ? 'Consolidated' : undefined),
  };
  const places = [...evictor.places(view, own, prey, isKept)]
    .sort((a, b) => b.node.gpuMilliFree - a.node.gpuMilliFree || (a.eligible.nodeId < b.eligible.nodeId ? -1 : 1))
    .slice(0, PLACES_MAX);
  const elsewhere = new Elsewhere(draft.state.nodes.values(), new ClaimBook(draft.state, millisOf(draft.at)));
  const homesOf = (victims: readonly Victim[]): ReadonlySet<string> =>
    new Set(victims.flatMap(({ held }) => held.allocation.shares.map(({ nodeId }) => nodeId)));
  const allows = (victims: readonly Victim[]): boolean =>
    victims.length <= most && budget.allows(victims) && elsewhere.holds(victims, homesOf(victims));
  const choice = chooseVictims(places, { ask, allows });
  if (!choice || choice.victims.length === 0) return 0;
  const gain = gainOf(ask);
  if (gain < WORTH * costOf(choice.victims)) return 0;
  return evictAll(draft, choice, workload.request, gain) ? choice.victims.length : 0;
}
