import type { Allocation, Quota, QueueSpec, ReservationSpec, WorkloadRequest } from '@solyx/contracts';
import type { QueueObserved, QueueRemoved, ReservationEnded, ReservationObserved } from '@solyx/contracts/drm';
import { PersistentMap } from '@solyx/kernel';
import { DEFAULT_QUEUE, queueKey } from '../eviction';
import { millisOf } from '../instants';
import type { HeldAllocation, PartitionState } from '../partition-state';
import { NONE, plus, minus, sumOf } from './amounts';
import { committed, kindsOf, saved, type Ledger, type Spending } from './ledger';
import { byAge, byClass, inserted, placeIn, removedAt } from './line';
import { unused, usedUntil, type Usage } from './usage';

/** Work of one organization in one queue: who waits, what is held, what was used, what is spent. */
export interface QueueState {
  readonly organizationId: string;
  readonly name: string;
  /** Ids of those who wait, in the order in which they should start. */
  readonly line: readonly string[];
  /** The same, the longest waiting first. */
  readonly ages: readonly string[];
  /** Grants of the whole partition up to when the longest waiting became that: all since have overtaken it. */
  readonly since: number;
  readonly held: Quota;
  readonly usage: Usage;
  readonly ledger: Ledger;
}

/** What is said of a queue; without a `spec` once it is removed. */
export interface QuotaState {
  readonly spec?: QueueSpec;
  readonly at: string;
}

/** Kept for its owner; without a `spec` once it has ended. */
export interface ReservationState {
  readonly spec?: ReservationSpec;
  readonly at: string;
}

export interface Queueing {
  /** By organization and queue. */
  readonly queues: PersistentMap<QueueState>;
  /** By queue. */
  readonly quotas: PersistentMap<QuotaState>;
  readonly reservations: PersistentMap<ReservationState>;
  /** Of all nodes together. */
  readonly capacity: Quota;
  /** How many workloads were ever started. */
  readonly grants: number;
}

export const nothingQueued: Queueing = {
  queues: PersistentMap.empty(),
  quotas: PersistentMap.empty(),
  reservations: PersistentMap.empty(),
  capacity: NONE,
  grants: 0,
};

export const queueNameOf = ({ queue = DEFAULT_QUEUE }: Pick<WorkloadRequest, 'queue'>): string => queue;

export const queueKeyOf = (request: WorkloadRequest): string => queueKey(request.organizationId, queueNameOf(request));

/** Every organization has this queue, without limits, unless it says otherwise. */
export const UNLIMITED = 'unlimited';

/** The quota of an organization's queue; undefined where nobody may queue there. */
export function quotaOf(
  { quotas }: Pick<Queueing, 'quotas'>,
  organizationId: string,
  name: string,
): QueueSpec | typeof UNLIMITED | undefined {
  const spec = quotas.get(name)?.spec;
  if (spec?.organizationId === organizationId) return spec;
  return name === DEFAULT_QUEUE ? UNLIMITED : undefined;
}

const budgetsOf = (state: PartitionState, { organizationId, name }: QueueState): QueueSpec['budgets'] => {
  const quota = quotaOf(state, organizationId, name);
  return quota === undefined || quota === UNLIMITED ? [] : quota.budgets;
};

function queueOf(state: PartitionState, organizationId: string, name: string, now: number): QueueState {
  const known = state.queues.get(queueKey(organizationId, name));
  return (
    known ?? {
      ...{ organizationId, name, line: [], ages: [], since: state.grants },
      ...{ held: NONE, usage: unused(now), ledger: [] },
    }
  );
}

const withQueue = (state: PartitionState, queue: QueueState): PartitionState => ({
  ...state,
  queues: state.queues.set(queueKey(queue.organizationId, queue.name), queue),
});

/** Whoever becomes the longest waiting begins to count who overtakes it. */
const aged = (before: QueueState, after: QueueState, grants: number): QueueState =>
  after.ages[0] === before.ages[0] ? after : { ...after, since: grants };

type Order = (a: WorkloadRequest, b: WorkloadRequest) => number;

const placeOf = (state: PartitionState, items: readonly string[], request: WorkloadRequest, order: Order): number =>
  placeIn(items.length, (at) => {
    const other = state.queue.get(items[at] ?? '')?.request;
    return other !== undefined && order(other, request) < 0;
  });

/** A workload that is in `state.queue` stands in line. */
export function linedUp(state: PartitionState, request: WorkloadRequest): PartitionState {
  const queue = queueOf(state, request.organizationId, queueNameOf(request), millisOf(request.queuedAt));
  const { workloadId } = request;
  const line = inserted(queue.line, placeOf(state, queue.line, request, byClass), workloadId);
  const ages = inserted(queue.ages, placeOf(state, queue.ages, request, byAge), workloadId);
  return withQueue(state, aged(queue, { ...queue, line, ages }, state.grants));
}

/** A workload that is still in `state.queue` stands in line no more. */
export function linedOut(state: PartitionState, request: WorkloadRequest): PartitionState {
  const queue = state.queues.get(queueKeyOf(request));
  if (!queue) return state;
  const { workloadId } = request;
  const line = removedAt(queue.line, placeOf(state, queue.line, request, byClass), workloadId);
  const ages = removedAt(queue.ages, placeOf(state, queue.ages, request, byAge), workloadId);
  return withQueue(state, aged(queue, { ...queue, line, ages }, state.grants));
}

const gpuMilliOf = ({ shares }: Allocation): number => shares.reduce((sum, { gpuMilli }) => sum + gpuMilli, 0);

/** What an allocation spends from an instant until its deadline. Moving data is paid for once, by the first attempt. */
export function spendingOf(allocation: Allocation, from: number, until: number): Spending {
  const isFirst = allocation.attempt === 1 && from === millisOf(allocation.grantedAt);
  return {
    ...{ from, until, gpuMilli: gpuMilliOf(allocation) },
    microUsdPerHour: BigInt(allocation.priceMicroUsdPerHour),
    microUsdOnce: isFirst ? allocation.transfers.reduce((sum, one) => sum + BigInt(one.priceMicroUsd), 0n) : 0n,
  };
}

/** A workload has started: its queue holds, and may spend, so much more. */
export function holding(state: PartitionState, { allocation, stake, deadline }: HeldAllocation): PartitionState {
  const now = millisOf(allocation.grantedAt);
  const queue = queueOf(state, allocation.organizationId, stake.queue, now);
  const kinds = kindsOf(budgetsOf(state, queue));
  const next = {
    ...queue,
    usage: usedUntil(queue.usage, queue.held, now),
    held: plus(queue.held, sumOf(allocation.shares)),
    ledger: kinds.length === 0 ? [] : committed(queue.ledger, kinds, spendingOf(allocation, now, deadline)),
  };
  return withQueue({ ...state, grants: state.grants + 1 }, next);
}

/** A workload has given back what it held. One that ended late has spent more than was thought. */
export function releasing(
  state: PartitionState,
  { allocation, stake, deadline }: HeldAllocation,
  at: string,
): PartitionState {
  const now = millisOf(at);
  const queue = queueOf(state, allocation.organizationId, stake.queue, now);
  const kinds = kindsOf(budgetsOf(state, queue));
  const ledger =
    now <= deadline
      ? saved(queue.ledger, kinds, spendingOf(allocation, now, deadline))
      : committed(queue.ledger, kinds, spendingOf(allocation, deadline, now));
  return withQueue(state, {
    ...queue,
    usage: usedUntil(queue.usage, queue.held, now),
    held: minus(queue.held, sumOf(allocation.shares)),
    ledger: kinds.length === 0 ? [] : ledger,
  });
}

/** Budgets count from when they are set: what runs then counts from then on, what ran before does not. */
function rebudgeted(state: PartitionState, queue: QueueState, at: number): QueueState {
  const kinds = kindsOf(budgetsOf(state, queue));
  const known = queue.ledger.filter(({ period }) => kinds.includes(period));
  const added = kinds.filter((kind) => !known.some(({ period }) => period === kind));
  if (added.length === 0) return { ...queue, ledger: known };
  let ledger: Ledger = known;
  for (const { allocation, stake, deadline } of state.held.values()) {
    if (allocation.organizationId !== queue.organizationId || stake.queue !== queue.name) continue;
    const from = Math.max(at, millisOf(allocation.grantedAt) + 1);
    if (from < deadline) ledger = committed(ledger, added, spendingOf(allocation, from, deadline));
  }
  return { ...queue, ledger };
}

/** The queues of this name, whoever's: another owner's stands still. */
const named = (state: PartitionState, name: string): readonly QueueState[] =>
  [...state.queues.values()].filter((queue) => queue.name === name);

export function quotaObserved(state: PartitionState, { queue: spec, at }: QueueObserved['data']): PartitionState {
  const next = { ...state, quotas: state.quotas.set(spec.queueId, { spec, at }) };
  return named(state, spec.queueId).reduce(
    (left, queue) => withQueue(left, rebudgeted(next, queue, millisOf(at))),
    next,
  );
}

export const quotaRemoved = (state: PartitionState, { queueId, at }: QueueRemoved['data']): PartitionState => ({
  ...state,
  quotas: state.quotas.set(queueId, { at }),
});

export const isNewQuota = ({ quotas }: PartitionState, { queue, at }: QueueObserved['data']): boolean =>
  at > (quotas.get(queue.queueId)?.at ?? '');

export const isNewRemoval = ({ quotas }: PartitionState, { queueId, at }: QueueRemoved['data']): boolean => {
  const known = quotas.get(queueId);
  return known?.spec !== undefined && at >= known.at;
};

const RESERVATIONS_REMEMBERED = 10_000;

/** Those whose time is over are forgotten, so that the memory is bounded. */
export function reserved(state: PartitionState, { reservation, at }: ReservationObserved['data']): PartitionState {
  let { reservations } = state;
  if (reservations.size >= RESERVATIONS_REMEMBERED) {
    for (const [id, { spec }] of reservations.entries())
      if (!spec || spec.endsAt <= at) reservations = reservations.delete(id);
  }
  return { ...state, reservations: reservations.set(reservation.reservationId, { spec: reservation, at }) };
}

export const unreserved = (state: PartitionState, { reservationId, at }: ReservationEnded['data']): PartitionState => ({
  ...state,
  reservations: state.reservations.set(reservationId, { at }),
});

/** An id is reserved once; the end may be heard before the beginning. */
export const isNewReservation = (
  { reservations }: PartitionState,
  { reservation, at }: ReservationObserved['data'],
): boolean => !reservations.has(reservation.reservationId) && reservation.endsAt > at;

export const isNewEnd = ({ reservations }: PartitionState, { reservationId }: ReservationEnded['data']): boolean => {
  const known = reservations.get(reservationId);
  return known === undefined || known.spec !== undefined;
};

/** Nodes that come or go change what shares are parts of. */
export const resized = (state: PartitionState, by: Quota, sign: 1 | -1): PartitionState => ({
  ...state,
  capacity: sign === 1 ? plus(state.capacity, by) : minus(state.capacity, by),
});
