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
} from '@solyx/contracts/cmo';
import type { Allocation, JobSpec } from '@solyx/contracts';
import { isEviction } from './retry';
import { costOf, lateCost } from './spending';

export type JobEvent =
  | JobQueued
  | JobQuotaReserved
  | JobFunded
  | JobAdmitted
  | JobStarting
  | JobTaskStarted
  | JobRunning
  | JobCheckpointed
  | JobTaskExited
  | JobStopping
  | JobEvicted
  | JobRequeued
  | JobSucceeded
  | JobFailed
  | JobCancelled;

export type JobPhase =
  | 'Unknown'
  | 'Queued'
  | 'QuotaReserved'
  /** It has its GPUs, and waits to know what it may spend. */
  | 'Admitted'
  | 'Starting'
  | 'Running'
  | 'Stopping'
  | 'Evicted'
  | 'Succeeded'
  | 'Failed'
  | 'Cancelled';

/** One process of a gang, on one node. */
export interface Rank {
  readonly rank: number;
  readonly nodeId: string;
  readonly phase: 'Assigned' | 'Started' | 'Exited';
  /** It ended by itself, with 0. */
  readonly isDone?: boolean;
}

/** Why an attempt will not succeed. The first one stands, except that a cancellation overrides it. */
export interface Verdict {
  readonly reason: string;
  readonly message: string;
  /** -1 where there is none. */
  readonly exitCode: number;
}

export interface Attempt {
  readonly attempt: number;
  readonly allocation: Allocation;
  readonly ranks: readonly Rank[];
  readonly stopAfterSeconds: number;
  readonly verdict?: Verdict;
  /** Of the newest checkpoint; empty where there is none. */
  readonly checkpointAt: string;
}

export interface Job {
  readonly phase: JobPhase;
  readonly jobId: string;
  readonly organizationId: string;
  readonly spec?: JobSpec;
  readonly queuedAt: string;
  /** The attempt that waits or runs; 0 before the first. */
  readonly attempt: number;
  /** Attempts that the scheduler ended; they count against no retry. */
  readonly evictions: number;
  /** What one attempt may need; with the first hold. */
  readonly placedMicroUsd: bigint;
  /** All that was ever set aside. */
  readonly holdMicroUsd: bigint;
  /** What former attempts cost: as billing says, else as far as cmo can tell; the ledger is billing's. */
  readonly spentMicroUsd: bigint;
  /** The newest attempt for which billing said what may be spent. */
  readonly fundedAttempt: number;
  /** When the last attempt was evicted, ISO 8601 UTC; empty before. */
  readonly evictedAt: string;
  /** The newest few, the last one last: a late stop still finds its nodes. */
  readonly attempts: readonly Attempt[];
}

const ATTEMPTS_KEPT = 4;
const TERMINAL: readonly JobPhase[] = ['Succeeded', 'Failed', 'Cancelled'];

export const initialJob: Job = {
  phase: 'Unknown',
  jobId: '',
  organizationId: '',
  queuedAt: '',
  attempt: 0,
  evictions: 0,
  placedMicroUsd: 0n,
  holdMicroUsd: 0n,
  spentMicroUsd: 0n,
  fundedAttempt: 0,
  evictedAt: '',
  attempts: [],
};

export const isTerminal = (job: Job): boolean => TERMINAL.includes(job.phase);

/** Tasks are on nodes now. */
export const isPlaced = (job: Job): boolean =>
  job.phase === 'Starting' || job.phase === 'Running' || job.phase === 'Stopping';

export const attemptOf = (job: Job, attempt: number): Attempt | undefined =>
  job.attempts.find((one) => one.attempt === attempt);

/** The attempt whose tasks are on nodes now. */
export const currentAttempt = (job: Job): Attempt | undefined =>
  isPlaced(job) ? attemptOf(job, job.attempt) : undefined;

/** What an exit says about its attempt: undefined where all is well. */
export function verdictOf(exit: JobTaskExited['data'], job: Job): Verdict | undefined {
  const { exitCode } = exit;
  if (exitCode === 0 && exit.reason === undefined) return undefined;
  const reason = namedReason(exit.reason ?? 'ExitedNonZero', job);
  const signal = exit.signal === undefined ? '' : ` by ${exit.signal}`;
  const message = exit.message ?? `rank ${exit.rank} on ${exit.nodeId} ended${signal} with exit code ${exitCode}`;
  return { reason, message, exitCode };
}

/** An agent knows one limit of time; whether people's or the budget's was the shorter is known here. */
export function namedReason(reason: string, job: Job): string {
  if (reason !== 'MaxRuntimeExceeded') return reason === 'Lost' ? 'NodeLost' : reason;
  const stopAfter = currentAttempt(job)?.stopAfterSeconds ?? 0;
  return stopAfter < (job.spec?.limits.maxRuntimeSeconds ?? 0) ? 'BudgetExhausted' : reason;
}

const inAttempt = (job: Job, attempt: number, change: (one: Attempt) => Attempt): Job => ({
  ...job,
  attempts: job.attempts.map((one) => (one.attempt === attempt ? change(one) : one)),
});

const withRank = (
  job: Job,
  data: { readonly attempt: number; readonly rank: number },
  phase: Rank['phase'],
  isDone = false,
): Job =>
  inAttempt(job, data.attempt, (one) => ({
    ...one,
    ranks: one.ranks.map((rank) =>
      rank.rank === data.rank ? { ...rank, phase, ...(isDone ? { isDone } : {}) } : rank,
    ),
  }));

const withVerdict = (job: Job, attempt: number, verdict: Verdict | undefined, overrides: boolean): Job =>
  verdict === undefined
    ? job
    : inAttempt(job, attempt, (one) => (one.verdict && !overrides ? one : { ...one, verdict }));

/**
 * Until billing has said what the last attempt cost, its allocation may have been released a little later than it ended
 * here; before the new grant in any case.
 */
function admit(job: Job, { attempt, allocation }: JobAdmitted['data']): Job {
  const ranks = allocation.shares.map(({ rank, nodeId }) => ({ rank, nodeId, phase: 'Assigned' as const }));
  const next: Attempt = { attempt, allocation, ranks, stopAfterSeconds: 1, checkpointAt: '' };
  const last = attemptOf(job, attempt - 1);
  const late =
    last && job.fundedAttempt < attempt ? lateCost(last.allocation, job.evictedAt, allocation.grantedAt) : 0n;
  const spentMicroUsd = job.spentMicroUsd + late;
  return { ...job, phase: 'Admitted', spentMicroUsd, attempts: [...job.attempts, next].slice(-ATTEMPTS_KEPT) };
}

function stop(job: Job, { attempt, reason }: JobStopping['data']): Job {
  const stopping: Job = { ...job, phase: 'Stopping' };
  if (reason === 'SiblingFailed') return stopping;
  return withVerdict(stopping, attempt, { reason, message: '', exitCode: -1 }, reason === 'Cancelled');
}

function evict(job: Job, { attempt, reason, at }: JobEvicted['data']): Job {
  const one = attemptOf(job, attempt);
  const cost = one ? costOf(one.allocation, at) : 0n;
  const evictions = job.evictions + (isEviction(reason) ? 1 : 0);
  return { ...job, phase: 'Evicted', evictions, spentMicroUsd: job.spentMicroUsd + cost, evictedAt: at };
}

function exited(job: Job, data: JobTaskExited['data']): Job {
  const verdict = verdictOf(data, job);
  return withVerdict(withRank(job, data, 'Exited', verdict === undefined), data.attempt, verdict, false);
}

const reserved = (job: Job, hold: bigint): Job => {
  const money = { placedMicroUsd: hold, holdMicroUsd: hold, fundedAttempt: 1 };
  return { ...job, ...money, phase: 'QuotaReserved', attempt: 1 };
};

/** Billing's figures stand, unless a newer attempt ended since: then what cmo knows of it may be more. */
function funded(job: Job, data: JobFunded['data']): Job {
  const spent = BigInt(data.spentMicroUsd);
  const isLate = data.attempt < job.attempt && spent < job.spentMicroUsd;
  const spentMicroUsd = isLate ? job.spentMicroUsd : spent;
  return { ...job, fundedAttempt: data.attempt, holdMicroUsd: BigInt(data.holdMicroUsd), spentMicroUsd };
}

/** What these say is a phase, and nothing else. */
const PHASE_AFTER = {
  'cmo.job.running': 'Running',
  'cmo.job.succeeded': 'Succeeded',
  'cmo.job.failed': 'Failed',
  'cmo.job.cancelled': 'Cancelled',
} as const;

export function evolveJob(job: Job, event: JobEvent): Job {
  switch (event.type) {
    case 'cmo.job.queued': {
      const { jobId, organizationId, spec, at } = event.data;
      return { ...initialJob, phase: 'Queued', jobId, organizationId, spec, queuedAt: at };
    }
    case 'cmo.job.quota-reserved':
      return reserved(job, BigInt(event.data.holdMicroUsd));
    case 'cmo.job.funded':
      return funded(job, event.data);
    case 'cmo.job.admitted':
      return admit(job, event.data);
    case 'cmo.job.starting': {
      const { attempt, stopAfterSeconds } = event.data;
      return inAttempt({ ...job, phase: 'Starting' }, attempt, (one) => ({ ...one, stopAfterSeconds }));
    }
    case 'cmo.job.task-started':
      return withRank(job, event.data, 'Started');
    case 'cmo.job.checkpointed': {
      const { attempt, at } = event.data;
      return inAttempt(job, attempt, (one) => ({ ...one, checkpointAt: at }));
    }
    case 'cmo.job.task-exited':
      return exited(job, event.data);
    case 'cmo.job.stopping':
      return stop(job, event.data);
    case 'cmo.job.evicted':
      return evict(job, event.data);
    case 'cmo.job.requeued':
      return { ...job, phase: 'QuotaReserved', attempt: event.data.attempt };
    default:
      return { ...job, phase: PHASE_AFTER[event.type] };
  }
}
