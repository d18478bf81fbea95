import type { AgentReport } from '@solyx/contracts/agent';

/** What is on disk about a task, as far as it was found. */
export interface TaskTraces {
  /** The shim wrote its own name: from then on the task was begun, and is never begun again. */
  readonly begun: boolean;
  /** The shim is the very process that wrote it, and lives. */
  readonly alive: boolean;
  /** What the shim wrote when the process ended. */
  readonly exitCode?: number;
  /** Someone asked for it to end. */
  readonly stop?: { readonly reason: string };
}

export type TaskFate =
  { readonly kind: 'begin' } | { readonly kind: 'watch' } | { readonly kind: 'ended'; readonly end: TaskEnd };

export type TaskEnd = Required<Pick<AgentReport, 'exitCode'>> & Pick<AgentReport, 'signal' | 'reason' | 'message'>;

/** Signals by number, as Linux and macOS have them in common. */
const SIGNALS: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
};

/** POSIX shells show a signal as 128 + its number. */
export const signalOf = (exitCode: number): string | undefined => SIGNALS[exitCode - 128];

/** How a task ended, from what the shim wrote and what was asked of it. */
export function endOf(exitCode: number, stop: { readonly reason: string } | undefined): TaskEnd {
  const signal = signalOf(exitCode);
  return {
    exitCode,
    ...(signal === undefined ? {} : { signal }),
    ...(stop === undefined ? {} : { reason: stop.reason }),
  };
}

/** A process that is gone without a word was killed with its shim: by us, or together with the machine. */
export function endWithoutWord(stop: { readonly reason: string } | undefined): TaskEnd {
  if (stop) return { exitCode: 137, signal: 'SIGKILL', reason: stop.reason };
  return {
    exitCode: -1,
    reason: 'Lost',
    message: 'the process is gone without an exit code: the machine restarted, or something killed it with its shim',
  };
}

/** What to do with a task that an agent finds when it starts. It is begun only if it never was. */
export function fateOf(traces: TaskTraces): TaskFate {
  const { begun, alive, exitCode, stop } = traces;
  if (exitCode !== undefined) return { kind: 'ended', end: endOf(exitCode, stop) };
  if (alive) return { kind: 'watch' };
  if (begun) return { kind: 'ended', end: endWithoutWord(stop) };
  if (!stop) return { kind: 'begin' };
  return { kind: 'ended', end: { exitCode: -1, reason: stop.reason, message: 'it was stopped before it started' } };
}
