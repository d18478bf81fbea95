import type { WorkloadRequest } from '@solyx/contracts';
import type { PartitionNodeEvictionNoticed, PreemptionRequested } from '@solyx/contracts/drm';
import { isoOf, millisOf, type Claim, type HeldAllocation, type PartitionState, type Stake } from './partition-state';

/** Bounds of the policy. Constants, not configuration, so that a recorded decision replays as it was. */
export const MIN_RUNTIME_DEFAULT_SECONDS = 60;
/** Between being told and being killed. */
export const NOTICE_SECONDS = 30;
/** Room is kept as long as the evicted may take to leave, and to be heard of. */
const CLAIM_SLACK_MS = 120_000;
const HOUR_MS = 3_600_000;

/** The queue of a workload that names none. */
export const DEFAULT_QUEUE = 'default';

/** Whose disruption budget it counts against: queues are named per organization. */
export const queueKey = (organizationId: string, queue: string): string => `${organizationId}/${queue}`;

export function stakeOf(request: WorkloadRequest | undefined, grantedMs: number): Stake {
  const { priority = 0, spot = false, queue = DEFAULT_QUEUE } = request ?? {};
  const { minRuntimeSeconds = MIN_RUNTIME_DEFAULT_SECONDS, checkpointSeconds } = request ?? {};
  return {
    priority,
    spot,
    queue,
    grantedMs,
    safeUntil: grantedMs + minRuntimeSeconds * 1000,
    checkpointMs: checkpointSeconds === undefined ? undefined : checkpointSeconds * 1000,
  };
}

const stakeKey = (organizationId: string, { priority, spot, checkpointMs }: Stake): string =>
  `${priority} ${spot ? 'spot' : checkpointMs === undefined ? 'firm' : 'movable'} ${organizationId}`;

export interface KindOfStake {
  readonly priority: number;
  readonly spot: boolean;
  readonly movable: boolean;
  readonly organizationId: string;
}

/** What a key of `stakes` says. */
export function stakeOfKey(key: string): KindOfStake {
  const [priority = '0', kind, ...rest] = key.split(' ');
  return {
    priority: Number(priority),
    spot: kind === 'spot',
    movable: kind !== 'firm',
    organizationId: rest.join(' '),
  };
}

/** One running workload more, or less, of this kind. */
export function countStake(state: PartitionState, { allocation, stake }: HeldAllocation, by: 1 | -1): PartitionState {
  const key = stakeKey(allocation.organizationId, stake);
  const count = (state.stakes.get(key) ?? 0) + by;
  return { ...state, stakes: count > 0 ? state.stakes.set(key, count) : state.stakes.delete(key) };
}

/** Folds an eviction: it counts against the budgets, and the room is kept for whom it is made. */
export function preemptionRequested(state: PartitionState, data: PreemptionRequested['data']): PartitionState {
  const { workloadId, organizationId, reason, forWorkloadId, room, noticeSeconds, at } = data;
  const held = state.held.get(workloadId);
  if (!held) return state;
  const now = millisOf(at);
  const claim: Claim = { room: room ?? [], until: now + noticeSeconds * 1000 + CLAIM_SLACK_MS };
  return {
    ...state,
    held: state.held.set(workloadId, { ...held, evicting: reason }),
    evicting: state.evicting.includes(workloadId) ? state.evicting : [...state.evicting, workloadId],
    claims: forWorkloadId !== undefined && room ? state.claims.set(forWorkloadId, claim) : state.claims,
    disruptions: [
      ...state.disruptions.filter((one) => one.at > now - HOUR_MS),
      { at: now, organizationId, queue: queueKey(organizationId, held.stake.queue), reason },
    ],
  };
}

/** Nothing is kept any more for a workload that runs, or waits no more. */
export const unclaimed = (state: PartitionState, workloadId: string): PartitionState =>
  state.claims.has(workloadId) ? { ...state, claims: state.claims.delete(workloadId) } : state;

/** The node takes no new work, and those on it are to leave in time. */
export function evictionNoticed(
  state: PartitionState,
  { nodeId, noticeSeconds, at }: PartitionNodeEvictionNoticed['data'],
): PartitionState {
  const node = state.nodes.get(nodeId);
  if (!node) return state;
  const evictBy = isoOf(millisOf(at) + noticeSeconds * 1000);
  return {
    ...state,
    nodes: state.nodes.set(nodeId, { ...node, cordoned: true, evictBy }),
    nodeIds: [...state.nodeIds],
    leaving: [...state.leaving.filter((id) => id !== nodeId), nodeId],
  };
}
