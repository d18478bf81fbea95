import { AllocationReleased, LeaseReleaseWanted } from '@solyx/contracts/drm';
import type { Draft } from '../draft';
import { isIdleLease, leasesOf } from '../leasing';
import { millisOf, type LeaseState } from '../partition-state';

/** What has ended gives back what it held. */
export function releaseEnded(draft: Draft): void {
  for (const workloadId of draft.state.ending) {
    const held = draft.state.held.get(workloadId);
    if (draft.isFull) return;
    if (!held) continue;
    const { allocationId, attempt, organizationId, shares } = held.allocation;
    const nodeIds = [...new Set(shares.map(({ nodeId }) => nodeId))];
    const { ending: reason } = held;
    draft.record(
      AllocationReleased({ allocationId, workloadId, attempt, organizationId, reason, nodeIds, at: draft.at }),
    );
  }
}

/** Leased nodes that have been idle past their minimum, were cordoned, or were lost, go back. */
export function releaseLeases(draft: Draft): void {
  const now = millisOf(draft.at);
  const reasonFor = (lease: LeaseState): string | undefined => {
    const node = draft.state.nodes.get(lease.nodeId);
    if (!node) return 'NodeLost';
    if (node.workloads.length > 0) return undefined;
    if (node.cordoned) return 'Drained';
    return isIdleLease(lease, node.idleSince, now) ? 'LeaseIdle' : undefined;
  };
  for (const lease of leasesOf(draft.state)) {
    if (lease.phase !== 'active') continue;
    const reason = reasonFor(lease);
    if (draft.isFull) return;
    if (reason === undefined) continue;
    const { leaseId, nodeId } = lease;
    draft.record(LeaseReleaseWanted({ leaseId, nodeId, reason, at: draft.at }));
  }
}
