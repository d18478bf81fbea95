import { EVICTION_REASONS, RETRY_CAUSES, type JobRetry } from '@solyx/contracts';

export type RetryCause = (typeof RETRY_CAUSES)[number];

/** Ends that are nobody's fault but the limit's: trying again would end the same way, or cost what is not there. */
const FINAL: readonly string[] = ['MaxRuntimeExceeded', 'BudgetExhausted', 'Cancelled'];
const NODE_LOST: readonly string[] = ['NodeLost', 'Lost'];
const PREEMPTED: readonly string[] = ['Preempted', 'Drained', 'NodeGone', 'NodeCordoned', 'LeaseEnded', 'LeaseIdle'];

/** The scheduler took its GPUs for somebody else: no fault of the job, so that it counts against no retry. */
export const isEviction = (reason: string): boolean => EVICTION_REASONS.some((one) => one === reason);

/** Under which word of `retry.on` an end falls; undefined for ends that are never retried. */
export function causeOf(reason: string): RetryCause | undefined {
  if (FINAL.includes(reason)) return undefined;
  if (NODE_LOST.includes(reason)) return 'node-lost';
  return PREEMPTED.includes(reason) || isEviction(reason) ? 'preempted' : 'failed';
}

/** May attempt n + 1 follow attempt n that ended so? */
export function mayRetry(retry: JobRetry, attempt: number, reason: string): boolean {
  const cause = causeOf(reason);
  return cause !== undefined && retry.on.includes(cause) && attempt <= retry.max;
}

/** It would be retried, had it not been so often. */
export function isExhausted(retry: JobRetry, attempt: number, reason: string): boolean {
  const cause = causeOf(reason);
  return cause !== undefined && retry.on.includes(cause) && retry.max > 0 && attempt > retry.max;
}

/** Seconds before the attempt after `attempt`: the minimum, doubled each time, at most the maximum. No chance in it. */
export function backoffSeconds(retry: JobRetry, attempt: number): number {
  const doubled = retry.backoffSecondsMin * 2 ** Math.min(attempt - 1, 30);
  return Math.min(Math.max(retry.backoffSecondsMax, retry.backoffSecondsMin), doubled);
}

/** The instant before which the next attempt does not start; undefined where it may at once. */
export function notBefore(retry: JobRetry, attempt: number, at: string): string | undefined {
  const seconds = backoffSeconds(retry, attempt);
  return seconds === 0 ? undefined : new Date(Date.parse(at) + seconds * 1000).toISOString();
}
