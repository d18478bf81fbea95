import type {
  AllocationGranted,
  AllocationReleased,
  LeaseReleaseWanted,
  LeaseWanted,
  PartitionLeaseEnded,
  PartitionNodeGone,
  PartitionNodeJoined,
  PartitionOfferObserved,
  PolicyAdopted,
  PricesObserved,
  RoutesObserved,
  WorkloadEnded,
  WorkloadQueued,
} from '@solyx/contracts/drm';
import { emptyNode, giveBack, take, totalOf } from './capacity';
import { demanded, shadowPriced } from './demand';
import { countStake, evictionNoticed, preemptionRequested, stakeOf, unclaimed } from './eviction';
import { procured, ranFor, startsForeseen, waitOver } from './experience';
import { isDecision, type PartitionEvent } from './partition-events';
import {
  byPriorityThenAge,
  isoOf,
  laterOf,
  millisOf,
  routeKey,
  shapeOf,
  type HeldAllocation,
  type LeaseState,
  type PartitionState,
} from './partition-state';
import { inserted, placeIn } from './queues/line';
import {
  holding,
  linedOut,
  linedUp,
  quotaObserved,
  quotaRemoved,
  releasing,
  reserved,
  resized,
  unreserved,
} from './queues/queue-state';
import { recall, remember } from './remembered';
import { reasonsKey, waitingKey } from './waiting';

const PRICE_LISTS_KEPT = 8;
const HOUR_MS = 3_600_000;
const LESSOR_BACKOFF_MS = 60_000;
const LESSOR_BACKOFF_DOUBLINGS_MAX = 6;

const without = (items: readonly string[], item: string): readonly string[] => items.filter((one) => one !== item);

function queued(state: PartitionState, data: WorkloadQueued['data']): PartitionState {
  const { request, correlationId = '', traceparent = '' } = data;
  const { workloadId } = request;
  const cleared = overtaken(unqueued(state, workloadId), workloadId);
  const queue = cleared.queue.set(workloadId, {
    request,
    shape: shapeOf(request, state.policy),
    correlationId,
    traceparent,
    waiting: '',
  });
  const { order } = cleared;
  const place = placeIn(order.length, (at) => {
    const other = queue.get(order[at] ?? '')?.request;
    return other !== undefined && byPriorityThenAge(other, request) < 0;
  });
  return linedUp({ ...cleared, queue, order: inserted(order, place, workloadId) }, request);
}

function unqueued(state: PartitionState, workloadId: string): PartitionState {
  const known = state.queue.get(workloadId);
  if (!known) return state;
  const left = {
    ...linedOut(state, known.request),
    queue: state.queue.delete(workloadId),
    order: without(state.order, workloadId),
  };
  return waitOver(unclaimed(left, workloadId), workloadId);
}

const ending = (state: PartitionState, workloadId: string, held: HeldAllocation, reason: string): PartitionState =>
  held.ending === ''
    ? {
        ...state,
        held: state.held.set(workloadId, { ...held, ending: reason }),
        ending: [...state.ending, workloadId],
      }
    : state;

/** A new attempt proves that the one before has ended, even where that was not heard. */
function overtaken(state: PartitionState, workloadId: string): PartitionState {
  const held = state.held.get(workloadId);
  return held ? ending(state, workloadId, held, 'AttemptStale') : state;
}

function ended(state: PartitionState, { workloadId, attempt, reason }: WorkloadEnded['data']): PartitionState {
  let next: PartitionState = { ...state, ended: remember(state.ended, workloadId, attempt) };
  const waiting = next.queue.get(workloadId);
  if (waiting && waiting.request.attempt <= attempt) next = unqueued(next, workloadId);
  const held = next.held.get(workloadId);
  return held && held.allocation.attempt <= attempt ? ending(next, workloadId, held, reason) : next;
}

function joined(state: PartitionState, { terms, facts, at }: PartitionNodeJoined['data']): PartitionState {
  const { nodeIds } = state;
  const place = placeIn(nodeIds.length, (one) => (nodeIds[one] ?? '') < terms.nodeId);
  const procurement = state.procured.get(terms.nodeId)?.procurement;
  const bought = procurement === undefined ? {} : { procurement };
  const lease = state.leases.get(terms.leaseId ?? '');
  const active: LeaseState | undefined = lease && { ...lease, phase: 'active', nodeId: terms.nodeId, activeAt: at };
  const known = state.nodes.get(terms.nodeId);
  return {
    ...resized(known ? resized(state, totalOf(known.facts), -1) : state, totalOf(facts), 1),
    nodes: state.nodes.set(terms.nodeId, { ...emptyNode(terms, facts, at), ...bought }),
    nodeIds: nodeIds[place] === terms.nodeId ? [...nodeIds] : inserted(nodeIds, place, terms.nodeId),
    leases: active ? state.leases.set(active.leaseId, active) : state.leases,
  };
}

function gone(state: PartitionState, { nodeId, reason, at }: PartitionNodeGone['data']): PartitionState {
  const node = state.nodes.get(nodeId);
  const workloads = node?.workloads ?? [];
  const left: PartitionState = {
    ...(node ? resized(state, totalOf(node.facts), -1) : state),
    nodes: state.nodes.delete(nodeId),
    nodeIds: without(state.nodeIds, nodeId),
    leaving: state.leaving.includes(nodeId) ? without(state.leaving, nodeId) : state.leaving,
    gone: remember(state.gone, nodeId, at),
  };
  return workloads.reduce((next, workloadId) => {
    const held = next.held.get(workloadId);
    return held ? ending(next, workloadId, held, reason) : next;
  }, left);
}

function cordoned(state: PartitionState, nodeId: string, isSo: boolean, at: string): PartitionState {
  const node = state.nodes.get(nodeId);
  if (!node) return state;
  const said = { ...node, cordoned: isSo, cordonSaidAt: at };
  return { ...state, nodes: state.nodes.set(nodeId, said), nodeIds: [...state.nodeIds] };
}

function offered(state: PartitionState, { offer }: PartitionOfferObserved['data']): PartitionState {
  const { failures = 0, notBefore = '' } = state.offers.get(offer.offerId) ?? {};
  return { ...state, offers: state.offers.set(offer.offerId, { offer, failures, notBefore }) };
}

/** A lessor that fails is left alone for a minute, then two, four, … up to an hour or so. */
function leaseEnded(state: PartitionState, { leaseId, reason, at }: PartitionLeaseEnded['data']): PartitionState {
  const lease = state.leases.get(leaseId);
  const next = { ...state, leases: state.leases.delete(leaseId) };
  const known = lease && state.offers.get(lease.offer.offerId);
  if (!known) return next;
  if (reason !== 'LessorFailed') {
    return { ...next, offers: state.offers.set(known.offer.offerId, { ...known, failures: 0, notBefore: '' }) };
  }
  const wait = LESSOR_BACKOFF_MS * 2 ** Math.min(known.failures, LESSOR_BACKOFF_DOUBLINGS_MAX);
  const later = { ...known, failures: known.failures + 1, notBefore: isoOf(millisOf(at) + wait) };
  return { ...next, offers: state.offers.set(known.offer.offerId, later) };
}

const priced = (state: PartitionState, data: PricesObserved['data']): PartitionState => ({
  ...state,
  prices: [...state.prices, data].sort((a, b) => a.version - b.version).slice(-PRICE_LISTS_KEPT),
});

const routed = (state: PartitionState, { version, routes }: RoutesObserved['data']): PartitionState => ({
  ...state,
  routesVersion: version,
  routes: new Map(routes.map((route) => [routeKey(route.fromSite, route.toSite), route])),
});

function granted(state: PartitionState, { allocation }: AllocationGranted['data']): PartitionState {
  const { workloadId, shares, grantedAt } = allocation;
  const { request, correlationId = '', traceparent = '' } = state.queue.get(workloadId) ?? {};
  const deadline = millisOf(grantedAt) + (request?.limits.maxRuntimeSeconds ?? 0) * 1000;
  let { nodes } = state;
  for (const share of shares) {
    const node = nodes.get(share.nodeId);
    if (node) nodes = nodes.set(share.nodeId, take(node, share, workloadId, allocation.organizationId));
  }
  const stake = stakeOf(request, millisOf(grantedAt));
  const held: HeldAllocation = { allocation, correlationId, traceparent, deadline, ending: '', stake };
  const left = { ...unqueued(state, workloadId), nodes, held: state.held.set(workloadId, held) };
  return countStake(holding(left, held), held, 1);
}

/** Whatever ended it, a node's loss or a report, this attempt never comes back. */
function released(state: PartitionState, { workloadId, attempt, at }: AllocationReleased['data']): PartitionState {
  let { nodes } = state;
  const held = state.held.get(workloadId);
  for (const share of held?.allocation.shares ?? []) {
    const node = nodes.get(share.nodeId);
    if (node) nodes = nodes.set(share.nodeId, giveBack(node, share, workloadId, at));
  }
  const through = Math.max(attempt, recall(state.ended, workloadId) ?? 0);
  return {
    ...(held ? countStake(releasing(state, held, at), held, -1) : state),
    nodes,
    held: state.held.delete(workloadId),
    ending: without(state.ending, workloadId),
    evicting: held?.evicting === undefined ? state.evicting : without(state.evicting, workloadId),
    ended: remember(state.ended, workloadId, through),
  };
}

function leaseWanted(state: PartitionState, { leaseId, offer, adviceId, at }: LeaseWanted['data']): PartitionState {
  const lease: LeaseState = { leaseId, offer, phase: 'pending', requestedAt: at, nodeId: '', activeAt: '' };
  const hourAgo = isoOf(millisOf(at) - HOUR_MS);
  const recent = state.advisedLeases.filter((one) => one > hourAgo);
  return {
    ...state,
    leases: state.leases.set(leaseId, lease),
    leaseCount: state.leaseCount + 1,
    advisedLeases: adviceId === undefined ? recent : [...recent, at],
  };
}

function releaseWanted(state: PartitionState, { leaseId, nodeId }: LeaseReleaseWanted['data']): PartitionState {
  const lease = state.leases.get(leaseId);
  const node = state.nodes.get(nodeId);
  return {
    ...state,
    leases: lease ? state.leases.set(leaseId, { ...lease, phase: 'releasing' }) : state.leases,
    nodes: node ? state.nodes.set(nodeId, { ...node, releasing: true }) : state.nodes,
    nodeIds: [...state.nodeIds],
  };
}

/** What fits where is another policy's question now: shapes are named anew. */
function policyAdopted(state: PartitionState, { policy }: PolicyAdopted['data']): PartitionState {
  let { queue } = state;
  for (const [workloadId, one] of state.queue.entries()) {
    queue = queue.set(workloadId, { ...one, shape: shapeOf(one.request, policy) });
  }
  return { ...state, policy, queue, nodeIds: [...state.nodeIds] };
}

function waits(state: PartitionState, workloadId: string, waiting: string): PartitionState {
  const known = state.queue.get(workloadId);
  return known ? { ...state, queue: state.queue.set(workloadId, { ...known, waiting }) } : state;
}

type Folds = {
  readonly [Type in PartitionEvent['type']]: (
    state: PartitionState,
    data: Extract<PartitionEvent, { type: Type }>['data'],
  ) => PartitionState;
};

const FOLDS: Folds = {
  'drm.partition.workload-queued': (state, data) => queued(demanded(state, data), data),
  'drm.partition.workload-ended': ended,
  'drm.partition.node-joined': joined,
  'drm.partition.node-cordoned': (state, { nodeId, at }) => cordoned(state, nodeId, true, at),
  'drm.partition.node-uncordoned': (state, { nodeId, at }) => cordoned(state, nodeId, false, at),
  'drm.partition.node-eviction-noticed': evictionNoticed,
  'drm.partition.node-gone': gone,
  'drm.partition.node-procured': procured,
  'drm.partition.starts-foreseen': startsForeseen,
  'drm.partition.shadow-prices-observed': shadowPriced,
  'drm.partition.offer-observed': offered,
  'drm.partition.lease-ended': leaseEnded,
  'drm.partition.prices-observed': priced,
  'drm.partition.routes-observed': routed,
  'drm.partition.policy-adopted': policyAdopted,
  'drm.partition.queue-observed': quotaObserved,
  'drm.partition.queue-removed': quotaRemoved,
  'drm.partition.reservation-observed': reserved,
  'drm.partition.reservation-ended': unreserved,
  'drm.partition.autonomy-observed': (state, autonomy) => ({ ...state, autonomy }),
  'drm.partition.advice-observed': (state, advice) => ({ ...state, advice: [...state.advice, advice] }),
  'drm.partition.allocation-granted': (state, data) =>
    granted(waitOver(state, data.allocation.workloadId, data.allocation.grantedAt), data),
  'drm.partition.allocation-released': (state, data) => released(ranFor(state, data), data),
  'drm.partition.preemption-requested': preemptionRequested,
  'drm.partition.workload-waiting': (state, { workloadId, reasons, ahead }) =>
    waits(state, workloadId, waitingKey(reasonsKey(reasons), ahead)),
  'drm.partition.lease-requested': leaseWanted,
  'drm.partition.lease-release-requested': releaseWanted,
  'drm.partition.advice-decided': (state, { adviceId }) => ({
    ...state,
    advice: state.advice.filter((advice) => advice.adviceId !== adviceId),
    decidedAdvice: remember(state.decidedAdvice, adviceId, true),
  }),
};

/** Folds one event of the journal. Events of a later version of Solyx that are unknown here change nothing. */
export function evolvePartition(state: PartitionState, event: PartitionEvent): PartitionState {
  const fold = FOLDS[event.type] as ((state: PartitionState, data: unknown) => PartitionState) | undefined;
  const next = fold?.(state, event.data) ?? state;
  return isDecision(event) ? { ...next, decidedAt: laterOf(next.decidedAt, event.data.at) } : next;
}
