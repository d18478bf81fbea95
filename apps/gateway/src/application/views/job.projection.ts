import type { Recorded } from '@solyx/kernel';
import type { AllocationShare, JobSpec } from '@solyx/contracts';
import type { ChargePosted, HoldPlaced } from '@solyx/contracts/billing';
import type {
  JobAdmitted,
  JobCancelled,
  JobEvicted,
  JobFailed,
  JobQueued,
  JobRequeued,
  JobRunning,
  JobStarting,
  JobSucceeded,
  JobTaskExited,
} from '@solyx/contracts/cmo';
import type { AllocationGranted, PreemptionRequested, WorkloadWaiting } from '@solyx/contracts/drm';
import { defineProjection } from '@solyx/eventing';
import { jobOf, tenantOf } from '../../domain/subjects';

export type JobPhase =
  'Queued' | 'Admitted' | 'Starting' | 'Running' | 'Succeeded' | 'Failed' | 'Cancelled' | 'Evicted';

/** A job as the API shows it: field for field, so that reading a page costs no mapping. */
export interface JobRow {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly project: string;
  readonly phase: JobPhase;
  readonly reason: string | null;
  readonly message: string | null;
  readonly attempt: number;
  readonly priority: number;
  readonly simulated: boolean;
  readonly command: readonly string[];
  readonly gpus: number;
  readonly gpuModel: string | null;
  readonly nodes: number;
  readonly queue: string;
  readonly spot: boolean;
  readonly deadline: string | null;
  readonly submittedBy: string;
  readonly exitCode: number | null;
  readonly queuedAt: string;
  readonly admittedAt: string | null;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly shares: readonly AllocationShare[];
  readonly priceMicroUsdPerHour: string | null;
  readonly holdMicroUsd: string | null;
  readonly chargedMicroUsd: string;
  readonly sentence: string | null;
  readonly position: string;
  readonly spec: JobSpec | null;
}

type JobRowEvent =
  | JobQueued
  | JobAdmitted
  | JobStarting
  | JobRunning
  | JobTaskExited
  | JobSucceeded
  | JobFailed
  | JobCancelled
  | JobEvicted
  | JobRequeued
  | HoldPlaced
  | ChargePosted
  | AllocationGranted
  | PreemptionRequested
  | WorkloadWaiting;

const initial: JobRow = {
  id: '',
  organizationId: '',
  name: '',
  project: '',
  phase: 'Queued',
  reason: null,
  message: null,
  attempt: 1,
  priority: 50,
  simulated: false,
  command: [],
  gpus: 0,
  gpuModel: null,
  nodes: 1,
  queue: 'default',
  spot: false,
  deadline: null,
  submittedBy: '',
  exitCode: null,
  queuedAt: '',
  admittedAt: null,
  startedAt: null,
  endedAt: null,
  shares: [],
  priceMicroUsdPerHour: null,
  holdMicroUsd: null,
  chargedMicroUsd: '0',
  sentence: null,
  position: '0',
  spec: null,
};

interface NewJob {
  readonly id: string;
  readonly organizationId: string;
  readonly submittedBy: string;
  readonly spec: JobSpec;
  readonly at: string;
}

/** The row that a normalised spec begins as, before anything has answered. */
export const newJobRow = ({ id, organizationId, submittedBy, spec, at }: NewJob): JobRow => ({
  ...initial,
  id,
  organizationId,
  submittedBy,
  spec,
  name: spec.name,
  project: spec.project,
  priority: spec.priority,
  simulated: spec.placement.simulated,
  command: spec.command,
  gpus: spec.resources.gpus,
  gpuModel: spec.resources.gpuModel ?? null,
  nodes: spec.nodes,
  queue: spec.queue ?? 'default',
  spot: spec.spot ?? false,
  deadline: spec.deadline ?? null,
  queuedAt: at,
});

/** Changes a row that exists; what is said of a job that was never queued touches nothing. */
const change = (row: JobRow, event: Recorded, changes: Partial<JobRow>): JobRow | undefined =>
  row.id === '' ? undefined : { ...row, ...changes, position: String(event.position) };

const ended = (phase: JobPhase, at: string, changes: Partial<JobRow> = {}): Partial<JobRow> => ({
  phase,
  endedAt: at,
  sentence: null,
  ...changes,
});

/** Jobs: what customers list, follow and ask about. */
export const gatewayJob = defineProjection<JobRowEvent, JobRow>({
  name: 'gateway_job',
  version: 2,
  key: (event) => jobOf(event),
  organization: (event) => tenantOf(event),
  initial,
  indexes: ['phase', 'project'],
  on: {
    'cmo.job.queued': (_row, { jobId, organizationId, submittedBy, spec, at }, event) => ({
      ...newJobRow({ id: jobId, organizationId, submittedBy, spec, at }),
      position: String(event.position),
    }),
    'cmo.job.admitted': (row, { allocation, attempt, at }, event) =>
      change(row, event, {
        phase: 'Admitted',
        attempt,
        admittedAt: at,
        shares: allocation.shares,
        priceMicroUsdPerHour: allocation.priceMicroUsdPerHour,
      }),
    'cmo.job.starting': (row, _data, event) => change(row, event, { phase: 'Starting' }),
    'cmo.job.running': (row, { at }, event) => change(row, event, { phase: 'Running', startedAt: row.startedAt ?? at }),
    'cmo.job.task-exited': (row, { exitCode, rank }, event) =>
      change(row, event, exitCode >= 0 && (rank === 0 || exitCode !== 0) ? { exitCode } : {}),
    'cmo.job.succeeded': (row, { at }, event) =>
      change(row, event, ended('Succeeded', at, { exitCode: 0, reason: null })),
    'cmo.job.failed': (row, { reason, message, exitCode, at }, event) =>
      change(row, event, ended('Failed', at, { reason, message, exitCode: exitCode < 0 ? row.exitCode : exitCode })),
    'cmo.job.cancelled': (row, { reason, at }, event) => change(row, event, ended('Cancelled', at, { reason })),
    'cmo.job.evicted': (row, { reason }, event) =>
      change(row, event, { phase: 'Evicted', reason, shares: [], priceMicroUsdPerHour: null, sentence: null }),
    'cmo.job.requeued': (row, { reason, attempt }, event) =>
      change(row, event, { phase: 'Queued', attempt, reason, exitCode: null, shares: [], priceMicroUsdPerHour: null }),
    'billing.budget.hold-placed': (row, { amountMicroUsd }, event) =>
      change(row, event, { holdMicroUsd: amountMicroUsd }),
    'billing.account.charge-posted': (row, { totalMicroUsd }, event) =>
      change(row, event, { chargedMicroUsd: String(BigInt(row.chargedMicroUsd) + BigInt(totalMicroUsd)) }),
    'drm.partition.allocation-granted': (row, { sentence }, event) => change(row, event, { sentence }),
    'drm.partition.preemption-requested': (row, { sentence }, event) => change(row, event, { sentence }),
    'drm.partition.workload-waiting': (row, { sentence }, event) => change(row, event, { sentence }),
  },
});
