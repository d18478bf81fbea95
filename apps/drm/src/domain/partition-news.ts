import type {
  AdviceObserved,
  PartitionNodeCordoned,
  PartitionNodeEvictionNoticed,
  PartitionNodeGone,
  PartitionNodeJoined,
  PartitionNodeUncordoned,
  WorkloadQueued,
} from '@solyx/contracts/drm';
import { isNewForesight, isNewPurchase } from './experience';
import type { PartitionInput } from './partition-events';
import type { PartitionState } from './partition-state';
import { isNewEnd, isNewQuota, isNewRemoval, isNewReservation } from './queues/queue-state';
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

const isNewCordon = (state: PartitionState, { nodeId, at }: PartitionNodeCordoned['data']): boolean => {
  const node = state.nodes.get(nodeId);
  return node !== undefined && !node.cordoned && at >= node.joinedAt && at > (node.cordonSaidAt ?? '');
};

/** A node that its lessor takes back stays cordoned, whatever is said. */
const isNewUncordon = (state: PartitionState, { nodeId, at }: PartitionNodeUncordoned['data']): boolean => {
  const node = state.nodes.get(nodeId);
  return node?.cordoned === true && node.evictBy === undefined && at > (node.cordonSaidAt ?? '');
};

const isNewNotice = (state: PartitionState, { nodeId, at }: PartitionNodeEvictionNoticed['data']): boolean => {
  const node = state.nodes.get(nodeId);
  return node !== undefined && node.evictBy === undefined && at >= node.joinedAt;
};

const isNewAdvice = (state: PartitionState, { adviceId: id }: AdviceObserved['data']): boolean =>
  recall(state.decidedAdvice, id) === undefined && !state.advice.some(({ adviceId }) => adviceId === id);

type News = {
  readonly [Type in PartitionInput['type']]: (
    state: PartitionState,
    data: Extract<PartitionInput, { type: Type }>['data'],
  ) => boolean;
};

const NEWS: News = {
  'drm.partition.workload-queued': isNewAttempt,
  'drm.partition.workload-ended': ({ ended }, { workloadId, attempt }) => attempt > (recall(ended, workloadId) ?? 0),
  'drm.partition.node-joined': isNewJoin,
  'drm.partition.node-cordoned': isNewCordon,
  'drm.partition.node-uncordoned': isNewUncordon,
  'drm.partition.node-eviction-noticed': isNewNotice,
  'drm.partition.node-gone': isNewLoss,
  'drm.partition.node-procured': isNewPurchase,
  'drm.partition.starts-foreseen': isNewForesight,
  'drm.partition.shadow-prices-observed': ({ shadow }, { version }) => version > shadow.version,
  'drm.partition.offer-observed': ({ offers }, { offer }) =>
    offer.observedAt > (offers.get(offer.offerId)?.offer.observedAt ?? ''),
  'drm.partition.lease-ended': ({ leases }, { leaseId }) => leases.has(leaseId),
  'drm.partition.prices-observed': ({ prices }, { version }) => !prices.some((list) => list.version >= version),
  'drm.partition.routes-observed': ({ routesVersion }, { version }) => version > routesVersion,
  'drm.partition.advice-observed': isNewAdvice,
  'drm.partition.queue-observed': isNewQuota,
  'drm.partition.queue-removed': isNewRemoval,
  'drm.partition.reservation-observed': isNewReservation,
  'drm.partition.reservation-ended': isNewEnd,
  'drm.partition.policy-adopted': ({ policy }, { policy: adopted }) => adopted !== policy,
  'drm.partition.autonomy-observed': ({ autonomy }, { at }) => at > (autonomy?.at ?? ''),
};

/**
 * Does the input say anything that the journal does not know? Duplicates and late messages do not: attempts, versions
 * and the times of the facts themselves (never of their arrival) tell old from new.
 */
export const isNews = (state: PartitionState, { type, data }: PartitionInput): boolean =>
  (NEWS[type] as (state: PartitionState, data: unknown) => boolean)(state, data);
