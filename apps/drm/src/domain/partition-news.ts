import type { PartitionNodeGone, PartitionNodeJoined, WorkloadQueued } from '@solyx/contracts/drm';
import type { PartitionInput } from './partition-events';
import type { PartitionState } from './partition-state';
import { recall } from './remembered';

/** A newer attempt than any that is queued, held or ended. */
function isNewAttempt(state: PartitionState, { request }: WorkloadQueued['data']): boolean {
  const { workloadId, attempt } = request;
  return (
    attempt > (recall(state.ended, workloadId) ?? 0) &&
    attempt > (state.queue.get(workloadId)?.request.attempt ?? 0) &&
    attempt > (state.held.get(workloadId)?.allocation.attempt ?? 0)
  );
}

const isNewJoin = (state: PartitionState, { terms, at }: PartitionNodeJoined['data']): boolean =>
  !state.nodes.has(terms.nodeId) && at > (recall(state.gone, terms.nodeId) ?? '');

function isNewLoss(state: PartitionState, { nodeId, at }: PartitionNodeGone['data']): boolean {
  const node = state.nodes.get(nodeId);
  return node !== undefined && at >= node.joinedAt;
}

/**
 * Does the input say anything that the journal does not know? Duplicates and late messages do not: attempts, versions
 * and the times of the facts themselves (never of their arrival) tell old from new.
 */
export function isNews(state: PartitionState, { type, data }: PartitionInput): boolean {
  switch (type) {
    case 'drm.partition.workload-queued':
      return isNewAttempt(state, data);
    case 'drm.partition.workload-ended':
      return data.attempt > (recall(state.ended, data.workloadId) ?? 0);
    case 'drm.partition.node-joined':
      return isNewJoin(state, data);
    case 'drm.partition.node-cordoned': {
      const node = state.nodes.get(data.nodeId);
      return node !== undefined && !node.cordoned && data.at >= node.joinedAt;
    }
    case 'drm.partition.node-gone':
      return isNewLoss(state, data);
    case 'drm.partition.offer-observed':
      return data.offer.observedAt > (state.offers.get(data.offer.offerId)?.offer.observedAt ?? '');
    case 'drm.partition.lease-ended':
      return state.leases.has(data.leaseId);
    case 'drm.partition.prices-observed':
      return !state.prices.some(({ version }) => version >= data.version);
    case 'drm.partition.routes-observed':
      return data.version > state.routesVersion;
    case 'drm.partition.advice-observed':
      return (
        recall(state.decidedAdvice, data.adviceId) === undefined &&
        !state.advice.some(({ adviceId }) => adviceId === data.adviceId)
      );
    case 'drm.partition.autonomy-observed':
      return data.at > (state.autonomy?.at ?? '');
  }
}
