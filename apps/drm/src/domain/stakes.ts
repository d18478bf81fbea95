import type { HeldAllocation, NodeState, PartitionState } from './partition-state';

/** Who runs on a node, as far as evictions go. */
export interface NodeStakes {
  readonly held: readonly HeldAllocation[];
  /** The first time at which any of them may be asked to leave; milliseconds since 1970. */
  readonly safeUntil: number;
  /** The lowest priority among those that are not spot. */
  readonly lowest: number;
  readonly hasSpot: boolean;
  /** Some of them keeps checkpoints, or is spot. */
  readonly hasMovable: boolean;
}

const KNOWN = new WeakMap<NodeState, NodeStakes>();

/**
 * Found out once per state of a node: what is said here of those who run on it does not change while they do. Whether
 * they were asked to leave does, so that is looked up when it matters.
 */
export function stakesOn(state: PartitionState, node: NodeState): NodeStakes {
  const known = KNOWN.get(node);
  if (known) return known;
  const held = node.workloads.flatMap((workloadId) => state.held.get(workloadId) ?? []);
  const made: NodeStakes = {
    held,
    safeUntil: held.reduce((min, { stake }) => Math.min(min, stake.safeUntil), Number.MAX_SAFE_INTEGER),
    lowest: held.reduce(
      (min, { stake }) => (stake.spot ? min : Math.min(min, stake.priority)),
      Number.MAX_SAFE_INTEGER,
    ),
    hasSpot: held.some(({ stake }) => stake.spot),
    hasMovable: held.some(({ stake }) => stake.spot || stake.checkpointMs !== undefined),
  };
  KNOWN.set(node, made);
  return made;
}
