import type { CliContext } from './cli-context';
import { CHARGES, JOB, ON_JOB, ON_LOGS } from './documents';
import { EXIT } from './errors';
import { dim, paintPhase } from './output';
import type { Job, LogEvent, LogLine } from './types';

export interface End {
  readonly job: Job;
  readonly phase: string;
  readonly exitCode: number;
  readonly chargedMicroUsd: string | undefined;
}

const PHASE_OF: Readonly<Record<string, string>> = {
  'cmo.job.queued': 'Queued',
  'cmo.job.admitted': 'Admitted',
  'cmo.job.starting': 'Starting',
  'cmo.job.running': 'Running',
  'cmo.job.requeued': 'Queued',
  'cmo.job.succeeded': 'Succeeded',
  'cmo.job.failed': 'Failed',
  'cmo.job.cancelled': 'Cancelled',
};
const TERMINAL = new Set(['Succeeded', 'Failed', 'Cancelled']);
const CHARGE_WAIT_MS = 5_000;
/** The last lines may come a little after the charge. */
const LINES_WAIT_MS = 3_000;

/** Streams output and phases until the job has ended and was charged for what it held. */
export async function follow(context: CliContext, jobId: string): Promise<End> {
  const lines = new AbortController();
  const logs = printLogs(context, jobId, AbortSignal.any([context.signal, lines.signal])).catch((error: unknown) => {
    context.output.talk(dim(context.output, `logs are not available: ${(error as Error).message}`));
  });
  const phase = await watchPhases(context, jobId);
  const late = setTimeout(() => lines.abort(), LINES_WAIT_MS);
  await logs;
  clearTimeout(late);
  context.output.progress(undefined);
  const { job } = await context.client.request<{ job: Job }>(JOB, { id: jobId });
  if (context.signal.aborted) {
    context.output.talk(`left it running; follow it again with: solyx logs -f ${jobId}`);
    return { job, phase, exitCode: EXIT.cancelled, chargedMicroUsd: undefined };
  }
  const { charges } = await context.client.request<{ charges: { totalMicroUsd: string; edges: unknown[] } }>(CHARGES, {
    first: 100,
    job: jobId,
  });
  const failed = job.exitCode !== null && job.exitCode > 0 && job.exitCode < 256 ? job.exitCode : EXIT.failed;
  return {
    job,
    phase: job.phase,
    exitCode: job.phase === 'Succeeded' ? EXIT.ok : job.phase === 'Cancelled' ? EXIT.cancelled : failed,
    chargedMicroUsd: charges.edges.length > 0 ? charges.totalMicroUsd : undefined,
  };
}

/** A job that waits says for what, each time the reason changes. */
async function sayWhyItWaits(context: CliContext, jobId: string): Promise<void> {
  const { job } = await context.client.request<{ job: Job }>(JOB, { id: jobId });
  if (job.phase === 'Queued' && job.sentence) context.output.talk(dim(context.output, job.sentence));
}

/** Ends with the job's terminal event and, where GPUs or CPUs were held, the charge that follows it. */
async function watchPhases(context: CliContext, jobId: string): Promise<string> {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  context.signal.addEventListener('abort', abort, { once: true });
  let phase = 'Queued';
  let granted = 0;
  let charged = 0;
  const events = context.client.subscribe<LogEvent>(
    ON_JOB,
    (last) => ({ id: jobId, after: last?.position }),
    stop.signal,
  );
  for await (const event of events) {
    const next = PHASE_OF[event.type];
    if (next !== undefined) {
      phase = next;
      context.output.progress(`${paintPhase(context.output, phase)} …`);
    }
    if (event.type === 'drm.partition.workload-waiting') await sayWhyItWaits(context, jobId);
    if (event.type === 'drm.partition.allocation-granted') granted += 1;
    // Slices of running work come before; the last charge says that it is the last.
    if (event.type === 'billing.account.charge-posted' && event.data['final'] === true) charged += 1;
    if (TERMINAL.has(phase)) {
      if (charged >= granted) break;
      setTimeout(abort, CHARGE_WAIT_MS).unref();
    }
  }
  stop.abort();
  context.signal.removeEventListener('abort', abort);
  return phase;
}

/** Prints lines as they come; ends when the job has ended and the last line is out. */
export async function printLogs(
  context: CliContext,
  jobId: string,
  signal: AbortSignal,
  attempt?: number,
): Promise<void> {
  const lines = context.client.subscribe<LogLine>(
    ON_LOGS,
    (last) => ({ id: jobId, after: last?.sequence, attempt }),
    signal,
  );
  const many = new Set<number>();
  for await (const line of lines) {
    many.add(line.rank);
    if (context.output.json) {
      continue;
    }
    const prefix = many.size > 1 ? dim(context.output, `[rank ${line.rank}] `) : '';
    if (line.stream === 'stderr') context.output.talk(prefix + line.text);
    else context.output.out(prefix + line.text);
  }
}
