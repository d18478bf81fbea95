import type { RoomShare } from '@solyx/contracts';
import { giveBack, take } from './capacity';
import type { NodeState, PartitionState } from './partition-state';
import type { SharedGpus } from './pool';

interface Kept {
  readonly workloadId: string;
  readonly organizationId: string;
  readonly room: RoomShare;
}

const NOTHING: readonly Kept[] = [];

/**
 * Room that evictions make is kept for whom they were made: everybody else sees the nodes without it, those ahead in
 * the queue too, as the eviction was for nobody else. What is kept is what will be free when all who were asked to leave
 * have left; until then as much of it as is free already is hidden.
 */
export class ClaimBook {
  private readonly byNode = new Map<string, Kept[]>();
  /** Nodes on which somebody is about to leave. */
  private readonly leaving = new Set<string>();

  constructor(
    private readonly state: PartitionState,
    private readonly now: number,
  ) {
    for (const workloadId of state.evicting) this.touch(workloadId);
    for (const workloadId of state.ending) this.touch(workloadId);
    if (state.claims.size === 0) return;
    for (const [workloadId, { room, until }] of state.claims.entries()) {
      if (until <= now) continue;
      const organizationId = state.queue.get(workloadId)?.request.organizationId ?? '';
      for (const one of room) {
        const kept = this.byNode.get(one.nodeId) ?? [];
        kept.push({ workloadId, organizationId, room: one });
        this.byNode.set(one.nodeId, kept);
      }
    }
  }

  private touch(workloadId: string): void {
    for (const { nodeId } of this.state.held.get(workloadId)?.allocation.shares ?? []) this.leaving.add(nodeId);
  }

  get isEmpty(): boolean {
    return this.byNode.size === 0;
  }

  /** Nodes on which room is kept for it. */
  nodeIdsOf(workloadId: string): readonly string[] {
    const claim = this.state.claims.get(workloadId);
    return claim && claim.until > this.now ? claim.room.map(({ nodeId }) => nodeId) : [];
  }

  /** The node as it will be when all who were asked to leave have left, less what is kept for others than `except`. */
  promised(node: NodeState, except = ''): NodeState {
    const { nodeId } = node.terms;
    let then = node;
    for (const workloadId of this.leaving.has(nodeId) ? node.workloads : []) {
      const held = this.state.held.get(workloadId);
      if (held === undefined || (held.evicting === undefined && held.ending === '')) continue;
      for (const share of held.allocation.shares) {
        if (share.nodeId === nodeId) then = giveBack(then, share, workloadId, node.idleSince);
      }
    }
    for (const { workloadId, organizationId, room } of this.byNode.get(nodeId) ?? NOTHING) {
      if (workloadId !== except) then = take(then, room, `kept for ${workloadId}`, organizationId);
    }
    return then;
  }

  /** What may be used of the node now. */
  visible(node: NodeState, except = ''): NodeState {
    const kept = this.byNode.get(node.terms.nodeId) ?? NOTHING;
    if (!kept.some(({ workloadId }) => workloadId !== except)) return node;
    const then = this.promised(node, except);
    const gpuFree = node.gpuFree.map((free, place) => Math.max(0, Math.min(free, then.gpuFree[place] ?? 0)));
    const shared = node.shared && then.shared ? narrower(node.shared, then.shared) : undefined;
    return {
      ...node,
      ...(shared ? { shared } : {}),
      gpuFree,
      gpuMilliFree: gpuFree.reduce((sum, free) => sum + free, 0),
      cpuFree: Math.max(0, Math.min(node.cpuFree, then.cpuFree)),
      memoryFree: Math.max(0, Math.min(node.memoryFree, then.memoryFree)),
    };
  }
}

/** Held now, or kept for later. */
export const narrower = (now: SharedGpus, then: SharedGpus): SharedGpus => ({
  slices: now.slices.map((used, place) => used | (then.slices[place] ?? 0)),
  holders: now.holders.map((count, place) => Math.max(count, then.holders[place] ?? 0)),
  tenants: now.tenants.map((tenant, place) => (tenant.held > 0 ? tenant : (then.tenants[place] ?? tenant))),
});
