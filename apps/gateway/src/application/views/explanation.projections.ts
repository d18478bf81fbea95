import { PLATFORM_ORGANIZATION, type Recorded } from '@solyx/kernel';
import type { Candidate, Route, Transfer, WaitReason } from '@solyx/contracts';
import type {
  JobAdmitted,
  JobCancelled,
  JobCheckpointed,
  JobEvicted,
  JobFailed,
  JobFunded,
  JobQueued,
  JobQuotaReserved,
  JobRequeued,
  JobRunning,
  JobStarting,
  JobStopping,
  JobSucceeded,
  JobTaskExited,
  JobTaskStarted,
  TaskAssigned,
  TaskStopRequested,
} from '@solyx/contracts/cmo';
import type {
  AllocationGranted,
  AllocationReleased,
  LeaseWanted,
  PreemptionRequested,
  WorkloadEnded,
  WorkloadQueued,
  WorkloadWaiting,
} from '@solyx/contracts/drm';
import type {
  BillingCommandRefused,
  ChargeCounted,
  ChargePosted,
  HoldPlaced,
  HoldReleased,
  UsageOpened,
} from '@solyx/contracts/billing';
import type { CmoCommandRefused } from '@solyx/contracts/cmo';
import type { JobCancellationRequested, JobSubmitted } from '@solyx/contracts/gateway';
import type { RouteTablePublished } from '@solyx/contracts/sdn';
import { defineProjection } from '@solyx/eventing';
import { jobOf, tenantOf } from '../../domain/subjects';
import { summaryOf } from '../../domain/summary';

export interface ExplanationRow {
  readonly jobId: string;
  readonly organizationId: string;
  readonly sentence: string;
  readonly policy: string | null;
  readonly candidates: readonly Candidate[];
  readonly waiting: readonly WaitReason[];
  readonly ahead: number | null;
  readonly transfers: readonly Transfer[];
}

/** The scheduler's latest word about each job: granted with its terms, or waiting with its reasons. */
export const gatewayExplanation = defineProjection<AllocationGranted | WorkloadWaiting, ExplanationRow>({
  name: 'gateway_explanation',
  version: 1,
  key: (event) => jobOf(event),
  organization: (event) => tenantOf(event),
  initial: {
    jobId: '',
    organizationId: '',
    sentence: '',
    policy: null,
    candidates: [],
    waiting: [],
    ahead: null,
    transfers: [],
  },
  on: {
    'drm.partition.allocation-granted': (_row, { allocation, policy, candidates, sentence }) => ({
      jobId: allocation.workloadId,
      organizationId: allocation.organizationId,
      sentence,
      policy,
      candidates,
      waiting: [],
      ahead: null,
      transfers: allocation.transfers,
    }),
    'drm.partition.workload-waiting': (row, { workloadId, organizationId, ahead, reasons, sentence }) => ({
      ...row,
      jobId: workloadId,
      organizationId,
      sentence,
      ahead,
      waiting: reasons,
      candidates: [],
      transfers: [],
    }),
  },
});

/** One step on a job's way: where in the log it lies and what it says. */
export interface StepRow {
  readonly jobId: string;
  readonly position: string;
  readonly revision: string;
  readonly type: string;
  readonly stream: string;
  readonly at: string;
  readonly actor: string;
  readonly summary: string;
}

type StepEvent =
  | JobSubmitted
  | JobCancellationRequested
  | JobQueued
  | JobQuotaReserved
  | JobFunded
  | JobAdmitted
  | JobStarting
  | JobTaskStarted
  | JobRunning
  | JobTaskExited
  | JobCheckpointed
  | JobStopping
  | JobSucceeded
  | JobFailed
  | JobCancelled
  | JobEvicted
  | JobRequeued
  | TaskAssigned
  | TaskStopRequested
  | CmoCommandRefused
  | WorkloadQueued
  | WorkloadWaiting
  | WorkloadEnded
  | AllocationGranted
  | AllocationReleased
  | LeaseWanted
  | PreemptionRequested
  | HoldPlaced
  | HoldReleased
  | ChargeCounted
  | ChargePosted
  | UsageOpened
  | BillingCommandRefused;

const step = (_row: StepRow, _data: unknown, event: Recorded): StepRow => ({
  jobId: jobOf(event) ?? '',
  position: String(event.position),
  revision: String(event.revision),
  type: event.type,
  stream: event.stream,
  at: event.recordedAt,
  actor: `${event.metadata.actor.kind}:${event.metadata.actor.id}`,
  summary: summaryOf(event),
});

/** Every event about a job, in the order of the log: one row per event, so that a job's history is one short read. */
export const gatewayStep = defineProjection<StepEvent, StepRow>({
  name: 'gateway_step',
  version: 3,
  key: (event) => {
    const jobId = jobOf(event);
    return jobId === undefined ? undefined : `${jobId}/${event.position}`;
  },
  organization: (event) => tenantOf(event),
  indexes: ['jobId'],
  initial: { jobId: '', position: '0', revision: '0', type: '', stream: '', at: '', actor: '', summary: '' },
  on: {
    'gateway.request.job-submitted': step,
    'gateway.request.job-cancellation-requested': step,
    'cmo.job.queued': step,
    'cmo.job.quota-reserved': step,
    'cmo.job.funded': step,
    'cmo.job.admitted': step,
    'cmo.job.starting': step,
    'cmo.job.task-started': step,
    'cmo.job.running': step,
    'cmo.job.task-exited': step,
    'cmo.job.checkpointed': step,
    'cmo.job.stopping': step,
    'cmo.job.succeeded': step,
    'cmo.job.failed': step,
    'cmo.job.cancelled': step,
    'cmo.job.evicted': step,
    'cmo.job.requeued': step,
    'cmo.dispatch.task-assigned': step,
    'cmo.dispatch.task-stop-requested': step,
    'cmo.command.refused': step,
    'drm.partition.workload-queued': step,
    'drm.partition.workload-waiting': step,
    'drm.partition.workload-ended': step,
    'drm.partition.allocation-granted': step,
    'drm.partition.allocation-released': step,
    'drm.partition.lease-requested': step,
    'drm.partition.preemption-requested': step,
    'billing.budget.hold-placed': step,
    'billing.budget.hold-released': step,
    'billing.budget.charge-counted': step,
    'billing.account.charge-posted': step,
    'billing.account.usage-opened': step,
    'billing.command.refused': step,
  },
});

export interface RouteTableRow {
  readonly version: number;
  readonly routes: readonly Route[];
}

export const LATEST = 'latest';

/** The newest table of routes. */
export const gatewayRoute = defineProjection<RouteTablePublished, RouteTableRow>({
  name: 'gateway_route',
  version: 1,
  key: () => LATEST,
  organization: () => PLATFORM_ORGANIZATION,
  initial: { version: 0, routes: [] },
  on: { 'sdn.routeTable.published': (_row, { version, routes }) => ({ version, routes }) },
});
