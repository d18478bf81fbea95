import type { WorkloadRequest } from '@solyx/contracts';

/**
 * Elastic gangs: `nodesMin` to `nodes` nodes. One starts with as many as there is room for, at least its minimum, and
 * runs with these until it ends: its processes know how many they are. It grows only when it is queued again, as after
 * an eviction, and is then placed afresh.
 */
export type GangSize = Pick<WorkloadRequest, 'nodes' | 'nodesMin'>;

/** The fewest nodes with which a gang may start; a minimum above the wish means the wish. */
export const nodesMinOf = ({ nodes, nodesMin = nodes }: GangSize): number => Math.max(1, Math.min(nodes, nodesMin));

/** How many nodes it gets where `fitting` have room; undefined where that is too few. */
export function sizeOf(gang: GangSize, fitting: number): number | undefined {
  const size = Math.min(gang.nodes, fitting);
  return size < nodesMinOf(gang) ? undefined : size;
}
