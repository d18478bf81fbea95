import { defineProjection } from '@solyx/eventing';
import type { JobEvent, JobPhase } from '../domain/job-state';

export interface JobRow {
  readonly jobId: string;
  readonly name: string;
  readonly project: string;
  /** True: only simulated nodes work on it. */
  readonly simulated: boolean;
  readonly phase: JobPhase;
  readonly attempt: number;
  readonly nodeIds: readonly string[];
  /** When its tasks must have ended by, ISO 8601 UTC; while it is Admitted, since when; empty while none run. */
  readonly stopBy: string;
  /** Of the newest checkpoint; empty where there is none. */
  readonly checkpoint: string;
  readonly exitCode: number;
  readonly reason: string;
  readonly correlationId: string;
}

const later = (at: string, seconds: number): string => new Date(Date.parse(at) + seconds * 1000).toISOString();

const ended = { nodeIds: [], stopBy: '' } as const;

/** Where is each job in its life? */
export const jobView = defineProjection<JobEvent, JobRow>({
  name: 'cmo_job',
  version: 2,
  key: ({ data }) => data.jobId,
  indexes: ['phase'],
  initial: {
    ...{ jobId: '', name: '', project: '', simulated: false, phase: 'Unknown', attempt: 0, nodeIds: [], stopBy: '' },
    ...{ checkpoint: '', exitCode: 0, reason: '', correlationId: '' },
  },
  on: {
    'cmo.job.queued': (row, { jobId, spec }, { metadata }) => ({
      ...row,
      ...{ jobId, name: spec.name, project: spec.project, simulated: spec.placement.simulated, phase: 'Queued' },
      correlationId: metadata.$correlationId,
    }),
    'cmo.job.quota-reserved': (row) => ({ ...row, phase: 'QuotaReserved', attempt: 1 }),
    'cmo.job.funded': (row) => row,
    'cmo.job.admitted': (row, { attempt, at }) => ({ ...row, phase: 'Admitted', attempt, stopBy: at }),
    'cmo.job.starting': (row, { nodeIds, stopAfterSeconds, at }) => ({
      ...row,
      ...{ phase: 'Starting', nodeIds, stopBy: later(at, stopAfterSeconds) },
    }),
    'cmo.job.task-started': (row) => row,
    'cmo.job.running': (row) => ({ ...row, phase: 'Running' }),
    'cmo.job.checkpointed': (row, { path }) => ({ ...row, checkpoint: path }),
    'cmo.job.task-exited': (row) => row,
    'cmo.job.stopping': (row, { reason }) => ({ ...row, phase: 'Stopping', reason }),
    'cmo.job.evicted': (row, { reason }) => ({ ...row, ...ended, phase: 'Evicted', reason }),
    'cmo.job.requeued': (row, { attempt }) => ({ ...row, phase: 'QuotaReserved', attempt }),
    'cmo.job.succeeded': (row) => ({ ...row, ...ended, phase: 'Succeeded', reason: '', exitCode: 0 }),
    'cmo.job.failed': (row, { reason, exitCode }) => ({ ...row, ...ended, phase: 'Failed', reason, exitCode }),
    'cmo.job.cancelled': (row, { reason }) => ({ ...row, ...ended, phase: 'Cancelled', reason }),
  },
});
