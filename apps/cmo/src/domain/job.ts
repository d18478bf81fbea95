import { accept, refuse, type Command, type Decider, type Decision } from '@solyx/kernel';
import {
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
import { askedOf, reasonOf, type Allocation, type JobSpec, type WorkloadRequest } from '@solyx/contracts';
import {
  attemptOf,
  currentAttempt,
  evolveJob,
  initialJob,
  isPlaced,
  isTerminal,
  namedReason,
  type Attempt,
  type Job,
  type JobEvent,
  type Rank,
  type Verdict,
} from './job-state';
import { isEviction, isExhausted, mayRetry, notBefore } from './retry';
import { isSpent, mayBeRaised, STOP_GRACE_SECONDS, stopAfterSeconds } from './spending';

interface Timed {
  readonly jobId: string;
  readonly at: string;
}

/** Billing's answer for another attempt, micro-USD; what it does not say stays as it is known here. */
interface FundsHeard {
  readonly attempt: number;
  readonly holdMicroUsd?: string;
  readonly spentMicroUsd?: string;
  readonly refused?: string;
}

export type JobCommand =
  | Command<'QueueJob', JobQueued['data']>
  | Command<'ReserveQuota', Timed & { readonly holdMicroUsd: string }>
  | Command<'RefuseQuota', Timed & { readonly reason: string; readonly message: string }>
  | Command<'FundJob', Timed & FundsHeard>
  | Command<'StartUnfunded', Timed & { readonly attempt: number }>
  | Command<'AdmitJob', Timed & { readonly allocation: Allocation }>
  | Command<'StartTask', JobTaskStarted['data']>
  | Command<'ExitTask', JobTaskExited['data']>
  | Command<'KeepCheckpoint', JobCheckpointed['data']>
  | Command<'CancelJob', Timed & { readonly reason: string }>
  | Command<'LoseAllocation', Timed & { readonly attempt: number; readonly reason: string }>
  | Command<'EvictJob', Timed & { readonly attempt: number; readonly reason: string; readonly noticeSeconds: number }>
  | Command<'StopOverdueJob', Timed & { readonly attempt: number }>;

export type JobRefusal = 'JobUnknown' | 'JobEnded';

type JobDecision = Decision<JobEvent, JobRefusal>;
type Known = Job & { readonly spec: JobSpec };
type DataOf<Type extends JobCommand['type']> = Extract<JobCommand, { type: Type }>['data'];

const MESSAGE_LENGTH_MAX = 1024;

/** What the scheduler gets to know. Its place in the queue is kept over attempts. */
function requestOf(job: Known, attempt: number, earliest: string | undefined): WorkloadRequest {
  const { jobId: workloadId, organizationId, queuedAt } = job;
  return {
    ...{ workloadId, attempt, organizationId, ...askedOf(job.spec) },
    ...(earliest === undefined ? { queuedAt } : { queuedAt, notBefore: earliest }),
  };
}

/** How an attempt ends once no task of it is left: with success, for good, or back in the queue. */
function conclude(job: Known, verdict: Verdict | undefined, at: string): readonly JobEvent[] {
  const { jobId, attempt, spec } = job;
  if (verdict === undefined) return [JobSucceeded({ jobId, attempt, at })];
  const { reason, exitCode } = verdict;
  if (reason === 'Cancelled') return [JobCancelled({ jobId, attempt, reason: verdict.message || reason, at })];

  const tries = attempt - job.evictions;
  if (isEviction(reason) || mayRetry(spec.retry, tries, reason)) {
    const evicted = JobEvicted({ jobId, attempt, reason, at });
    const purse = { ...job, ...evolveJob(job, evicted), spec };
    if (isSpent(purse)) return [failed(job, at, { ...verdict, reason: 'BudgetExhausted' })];
    const request = requestOf(job, attempt + 1, isEviction(reason) ? undefined : notBefore(spec.retry, tries, at));
    return [evicted, JobRequeued({ jobId, attempt: attempt + 1, reason, request, at })];
  }
  if (isExhausted(spec.retry, tries, reason)) {
    const message = `${tries} attempts ended; the last: ${reason}: ${verdict.message}`;
    return [failed(job, at, { reason: 'RetriesExhausted', message, exitCode })];
  }
  return [failed(job, at, verdict)];
}

function failed(job: Job, at: string, { reason, message, exitCode }: Verdict): JobFailed {
  const attempt = Math.max(1, job.attempt);
  const text = (message || reasonOf(reason).message).slice(0, MESSAGE_LENGTH_MAX);
  return JobFailed({ jobId: job.jobId, attempt, reason, message: text, exitCode, at });
}

function admit(job: Known, { allocation, at }: DataOf<'AdmitJob'>): JobDecision {
  const { jobId, attempt } = job;
  if (job.phase !== 'QuotaReserved' || allocation.attempt !== attempt) return accept();
  const admitted = JobAdmitted({ jobId, attempt, allocation, at });
  const next = { ...job, ...evolveJob(job, admitted), spec: job.spec };
  // The nodes keep the limit that they are told at the start, so nothing starts before it is known.
  const waits = job.fundedAttempt < attempt && mayBeRaised(next);
  const paysForAll = stopAfterSeconds(next, allocation, at) >= job.spec.limits.maxRuntimeSeconds;
  return waits && !paysForAll ? accept(admitted) : accept<JobEvent>(admitted, start(next, allocation, at));
}

function start(job: Known, allocation: Allocation, at: string): JobEvent {
  const { jobId, attempt } = job;
  const seconds = stopAfterSeconds(job, allocation, at);
  if (seconds === 0) {
    const message = 'what is left of the hold pays for no second on this node';
    return failed(job, at, { reason: 'BudgetExhausted', message, exitCode: -1 });
  }
  const nodeIds = [...allocation.shares].sort((a, b) => a.rank - b.rank).map(({ nodeId }) => nodeId);
  return JobStarting({ jobId, attempt, nodeIds, stopAfterSeconds: seconds, at });
}

/** Billing raised the hold, or would not: an attempt that waits for that starts, with what there is. */
function fund(job: Known, data: DataOf<'FundJob'>): JobDecision {
  const { jobId, attempt, refused, at } = data;
  if (attempt <= job.fundedAttempt || attempt > job.attempt) return accept();
  const money = {
    holdMicroUsd: data.holdMicroUsd ?? job.holdMicroUsd.toString(),
    spentMicroUsd: data.spentMicroUsd ?? job.spentMicroUsd.toString(),
  };
  const event = JobFunded({ jobId, attempt, ...money, ...(refused === undefined ? {} : { refused }), at });
  const next = { ...job, ...evolveJob(job, event), spec: job.spec };
  return accept<JobEvent>(event, ...startUnfunded(next, { attempt, at }));
}

/** With what is known: GPUs that nothing runs on are paid for, too. */
function startUnfunded(job: Known, { attempt, at }: { attempt: number; at: string }): readonly JobEvent[] {
  const waiting = job.phase === 'Admitted' && attempt === job.attempt ? attemptOf(job, job.attempt) : undefined;
  return waiting ? [start(job, waiting.allocation, at)] : [];
}

/** The rank that a report is about, if it is about the attempt that runs now. */
function rankOf(job: Job, data: DataOf<'StartTask' | 'ExitTask'>): Rank | undefined {
  if (data.attempt !== job.attempt) return undefined;
  return currentAttempt(job)?.ranks.find(({ rank, nodeId }) => rank === data.rank && nodeId === data.nodeId);
}

function startTask(job: Known, data: DataOf<'StartTask'>): JobDecision {
  if (rankOf(job, data)?.phase !== 'Assigned') return accept();
  const started = JobTaskStarted(data);
  const ranks = currentAttempt(evolveJob(job, started))?.ranks ?? [];
  const runs = job.phase === 'Starting' && ranks.every(({ phase }) => phase !== 'Assigned');
  if (!runs) return accept<JobEvent>(started);
  return accept<JobEvent>(started, JobRunning({ jobId: job.jobId, attempt: job.attempt, at: data.at }));
}

function exitTask(job: Known, data: DataOf<'ExitTask'>): JobDecision {
  const rank = rankOf(job, data);
  if (!rank || rank.phase === 'Exited') return accept();
  const exited = JobTaskExited(data);
  const next = { ...evolveJob(job, exited), spec: job.spec };
  const attempt = currentAttempt(next);
  if (attempt?.ranks.every(({ phase }) => phase === 'Exited')) {
    return accept(exited, ...conclude(next, verdictOn(attempt), data.at));
  }
  if (attempt?.verdict === undefined || next.phase === 'Stopping') return accept<JobEvent>(exited);
  return accept<JobEvent>(exited, stopping(next, 'SiblingFailed', data.at));
}

/** Work that was done before the notice reached it is done: there is nothing to queue again. */
const verdictOn = ({ verdict, ranks }: Attempt): Verdict | undefined =>
  verdict && isEviction(verdict.reason) && ranks.every(({ isDone }) => isDone === true) ? undefined : verdict;

const stopping = (job: Job, reason: string, at: string, graceSeconds = STOP_GRACE_SECONDS): JobStopping =>
  JobStopping({ jobId: job.jobId, attempt: job.attempt, reason, graceSeconds, at });

function cancel(job: Known, { at, reason }: DataOf<'CancelJob'>): JobDecision {
  if (!isPlaced(job)) {
    const attempt = Math.max(1, job.attempt);
    return accept(JobCancelled({ jobId: job.jobId, attempt, reason: reason || 'Cancelled', at }));
  }
  if (currentAttempt(job)?.verdict?.reason === 'Cancelled') return accept();
  return accept(stopping(job, 'Cancelled', at));
}

/** For GPUs, or with them for what they may cost: nothing of this attempt runs yet. */
const waitsForStart = ({ phase }: Job): boolean => phase === 'QuotaReserved' || phase === 'Admitted';

/** The scheduler took the GPUs away. What it releases because a job ended is of an attempt that is over already. */
function lose(job: Known, { attempt, reason, at }: DataOf<'LoseAllocation'>): JobDecision {
  if (attempt !== job.attempt || !(waitsForStart(job) || isPlaced(job))) return accept();
  const lost = { reason, message: `the allocation was released: ${reason}`, exitCode: -1 };
  return accept(...conclude(job, currentAttempt(job)?.verdict ?? lost, at));
}

/** The scheduler wants the GPUs for others: the tasks end within the notice, and the job is queued again. */
function evict(job: Known, { attempt, reason, noticeSeconds, at }: DataOf<'EvictJob'>): JobDecision {
  if (attempt !== job.attempt) return accept();
  if (waitsForStart(job)) return accept(...conclude(job, { reason, message: '', exitCode: -1 }, at));
  if (job.phase !== 'Starting' && job.phase !== 'Running') return accept();
  return accept(stopping(job, reason, at, noticeSeconds));
}

function stopOverdue(job: Known, { attempt, at }: DataOf<'StopOverdueJob'>): JobDecision {
  if (attempt !== job.attempt || !(job.phase === 'Starting' || job.phase === 'Running')) return accept();
  return accept(stopping(job, namedReason('MaxRuntimeExceeded', job), at));
}

function keepCheckpoint(job: Known, data: DataOf<'KeepCheckpoint'>): JobDecision {
  const attempt = currentAttempt(job);
  if (!attempt || data.attempt !== job.attempt || data.at <= attempt.checkpointAt) return accept();
  return accept(JobCheckpointed(data));
}

function decideKnown(command: Exclude<JobCommand, { type: 'QueueJob' }>, job: Known): JobDecision {
  const { type, data } = command;
  switch (type) {
    case 'ReserveQuota': {
      if (job.phase !== 'Queued') return accept();
      const { jobId, holdMicroUsd, at } = data;
      return accept(JobQuotaReserved({ jobId, holdMicroUsd, request: requestOf(job, 1, undefined), at }));
    }
    case 'RefuseQuota':
      return job.phase === 'Queued' ? accept(failed(job, data.at, { ...data, exitCode: -1 })) : accept();
    case 'FundJob':
      return fund(job, data);
    case 'StartUnfunded':
      return accept(...startUnfunded(job, data));
    case 'AdmitJob':
      return admit(job, data);
    case 'StartTask':
      return startTask(job, data);
    case 'ExitTask':
      return exitTask(job, data);
    case 'KeepCheckpoint':
      return keepCheckpoint(job, data);
    case 'CancelJob':
      return cancel(job, data);
    case 'LoseAllocation':
      return lose(job, data);
    case 'EvictJob':
      return evict(job, data);
    case 'StopOverdueJob':
      return stopOverdue(job, data);
  }
}

const isKnown = (job: Job): job is Known => job.spec !== undefined;

/**
 * The life of one job. Reports that are late, repeated or about another attempt change nothing; after the end nothing
 * is recorded any more. States and their meaning: `docs/lifecycles/job.md`.
 */
export const jobDecider: Decider<JobCommand, Job, JobEvent, JobRefusal> = {
  name: 'cmo.job',
  initial: initialJob,

  decide(command, job) {
    if (command.type === 'QueueJob') return job.phase === 'Unknown' ? accept(JobQueued(command.data)) : accept();
    if (!isKnown(job)) return refuse('JobUnknown', { jobId: command.data.jobId });
    if (!isTerminal(job)) return decideKnown(command, job);
    const tooLate = command.type === 'CancelJob' && job.phase !== 'Cancelled';
    return tooLate ? refuse('JobEnded', { jobId: job.jobId, phase: job.phase }) : accept();
  },

  evolve: evolveJob,
};
