import { PLATFORM_ORGANIZATION, type Recorded } from '@solyx/kernel';
import type { QueueSpec, ReservationSpec } from '@solyx/contracts';
import type {
  AllocationGranted,
  AllocationReleased,
  QuotaRemoved,
  QuotaSet,
  ReservationCancelled,
  ReservationMade,
  WorkloadEnded,
  WorkloadQueued,
} from '@solyx/contracts/drm';
import { defineProjection } from '@solyx/eventing';
import type { Run } from '../../domain/queue-periods';
import { tenantOf } from '../../domain/subjects';

/** The queue that every organization has, without having set it. */
export const DEFAULT_QUEUE = 'default';
export const DEFAULT_COHORT = 'main';

export interface QuotaRow {
  readonly id: string;
  readonly organizationId: string;
  readonly spec: QueueSpec;
  readonly since: string;
  readonly position: string;
}

const noQuota = { gpuMilli: 0, cpuMilli: 0, memoryMiB: 0 };
const noQueue: QueueSpec = {
  ...{ queueId: '', organizationId: '', cohort: '', nominal: noQuota, weight: 1, budgets: [] },
};

/** Queues as they were set last; who was removed has no row. */
export const gatewayQuota = defineProjection<QuotaSet | QuotaRemoved, QuotaRow>({
  name: 'gateway_quota',
  version: 1,
  key: ({ data }) => ('queue' in data ? data.queue.queueId : data.queueId),
  organization: (event) => tenantOf(event),
  initial: { id: '', organizationId: '', spec: noQueue, since: '', position: '0' },
  on: {
    'drm.quota.set': (_row, { queue, at }, { position }) => ({
      id: queue.queueId,
      organizationId: queue.organizationId,
      spec: queue,
      since: at,
      position: String(position),
    }),
    'drm.quota.removed': () => undefined,
  },
});

export type CohortRow = Pick<
  QueueSpec,
  'queueId' | 'organizationId' | 'cohort' | 'nominal' | 'lendingLimit' | 'weight'
>;

/** The same queues, of every tenant: what a cohort has and lends. Never shown as they are. */
export const gatewayCohort = defineProjection<QuotaSet | QuotaRemoved, CohortRow>({
  name: 'gateway_cohort',
  version: 1,
  key: ({ data }) => ('queue' in data ? data.queue.queueId : data.queueId),
  organization: () => PLATFORM_ORGANIZATION,
  initial: { queueId: '', organizationId: '', cohort: '', nominal: noQuota, weight: 1 },
  on: {
    'drm.quota.set': (_row, { queue: { queueId, organizationId, cohort, nominal, lendingLimit, weight } }) => ({
      ...{ queueId, organizationId, cohort, nominal, weight },
      ...(lendingLimit === undefined ? {} : { lendingLimit }),
    }),
    'drm.quota.removed': () => undefined,
  },
});

export interface ReservationRow {
  readonly id: string;
  readonly organizationId: string;
  readonly phase: 'Made' | 'Cancelled';
  readonly spec: ReservationSpec;
  readonly reason: string | null;
  readonly since: string;
  readonly position: string;
}

/** Reservations, ended ones included; whether one is upcoming or over is a question of the time at which it is read. */
export const gatewayReservation = defineProjection<ReservationMade | ReservationCancelled, ReservationRow>({
  name: 'gateway_reservation',
  version: 1,
  key: ({ data }) => ('reservation' in data ? data.reservation.reservationId : data.reservationId),
  organization: (event) => tenantOf(event),
  initial: {
    ...{ id: '', organizationId: '', phase: 'Made', reason: null, since: '', position: '0' },
    spec: {
      ...{ reservationId: '', organizationId: '', name: '', nodes: 1, startsAt: '', endsAt: '' },
      resources: { gpus: 0, gpuMilli: 1000, cpuMilli: 0, memoryMiB: 0 },
      placement: { sources: [], regions: [], simulated: false },
    },
  },
  on: {
    'drm.reservation.made': (_row, { reservation, at }, { position }) => ({
      id: reservation.reservationId,
      organizationId: reservation.organizationId,
      phase: 'Made',
      spec: reservation,
      reason: null,
      since: at,
      position: String(position),
    }),
    'drm.reservation.cancelled': (row, { reason, at }, { position }) =>
      row.id === '' ? undefined : { ...row, phase: 'Cancelled', reason, since: at, position: String(position) },
  },
});

/** What a workload wants of its queue, or holds. */
export interface ClaimRow {
  readonly jobId: string;
  readonly organizationId: string;
  readonly queue: string;
  readonly attempt: number;
  readonly phase: 'Waiting' | 'Holding';
  readonly gpuMilli: number;
  readonly cpuMilli: number;
  readonly memoryMiB: number;
}

type ClaimEvent = WorkloadQueued | AllocationGranted | AllocationReleased | WorkloadEnded;

const sum = <T>(items: readonly T[], pick: (item: T) => number): number =>
  items.reduce((total, item) => total + pick(item), 0);

/** One short row per workload that waits or holds, of every tenant: what queues are counted by. */
export const gatewayClaim = defineProjection<ClaimEvent, ClaimRow>({
  name: 'gateway_claim',
  version: 1,
  key: ({ data }) =>
    'request' in data ? data.request.workloadId : 'allocation' in data ? data.allocation.workloadId : data.workloadId,
  organization: () => PLATFORM_ORGANIZATION,
  initial: {
    ...{ jobId: '', organizationId: '', queue: DEFAULT_QUEUE, attempt: 0, phase: 'Waiting' },
    ...noQuota,
  },
  on: {
    'drm.partition.workload-queued': (_row, { request }) => {
      const { workloadId, organizationId, queue = DEFAULT_QUEUE, attempt, nodes, resources } = request;
      return {
        ...{ jobId: workloadId, organizationId, queue, attempt, phase: 'Waiting' },
        gpuMilli: resources.gpus * resources.gpuMilli * nodes,
        cpuMilli: resources.cpuMilli * nodes,
        memoryMiB: resources.memoryMiB * nodes,
      };
    },
    'drm.partition.allocation-granted': (row, { allocation }) => ({
      ...row,
      jobId: allocation.workloadId,
      organizationId: allocation.organizationId,
      attempt: allocation.attempt,
      phase: 'Holding',
      gpuMilli: sum(allocation.shares, ({ gpuMilli }) => gpuMilli),
      cpuMilli: sum(allocation.shares, ({ cpuMilli }) => cpuMilli),
      memoryMiB: sum(allocation.shares, ({ memoryMiB }) => memoryMiB),
    }),
    // What is said of an earlier attempt leaves the later one as it is.
    'drm.partition.allocation-released': (row, { attempt }) => (row.attempt > attempt ? row : undefined),
    'drm.partition.workload-ended': (row, { attempt }) =>
      row.attempt > attempt || row.phase === 'Holding' ? row : undefined,
  },
});

/** One attempt of a job in its queue: what budgets over time are counted by. */
export interface RunRow extends Run {
  readonly jobId: string;
  readonly organizationId: string;
  readonly queue: string;
  readonly attempt: number;
}

type RunEvent = WorkloadQueued | AllocationGranted | AllocationReleased;

const attemptOf = ({ data }: Recorded<RunEvent>): { readonly workloadId: string; readonly attempt: number } =>
  'request' in data ? data.request : 'allocation' in data ? data.allocation : data;

/** Who ran in which queue, from when to when, at which price; kept when it is over. */
export const gatewayRun = defineProjection<RunEvent, RunRow>({
  name: 'gateway_run',
  version: 1,
  key: (event) => `${attemptOf(event).workloadId}/${attemptOf(event).attempt}`,
  organization: (event) => tenantOf(event),
  indexes: ['queue'],
  initial: {
    ...{ jobId: '', organizationId: '', queue: DEFAULT_QUEUE, attempt: 0, from: null, to: null, gpuMilli: 0 },
    ...{ microUsdPerHour: '0', microUsdOnce: '0' },
  },
  on: {
    'drm.partition.workload-queued': (
      row,
      { request: { workloadId, organizationId, queue = DEFAULT_QUEUE, attempt } },
    ) => ({
      ...row,
      ...{ jobId: workloadId, organizationId, queue, attempt },
    }),
    'drm.partition.allocation-granted': (row, { allocation }) => ({
      ...row,
      jobId: allocation.workloadId,
      organizationId: allocation.organizationId,
      attempt: allocation.attempt,
      from: allocation.grantedAt,
      gpuMilli: sum(allocation.shares, ({ gpuMilli }) => gpuMilli),
      microUsdPerHour: allocation.priceMicroUsdPerHour,
      // Moving data is paid for once, by the first attempt.
      microUsdOnce:
        allocation.attempt > 1
          ? '0'
          : String(allocation.transfers.reduce((total, { priceMicroUsd }) => total + BigInt(priceMicroUsd), 0n)),
    }),
    'drm.partition.allocation-released': (row, { at }) => (row.from === null ? row : { ...row, to: at }),
  },
});
