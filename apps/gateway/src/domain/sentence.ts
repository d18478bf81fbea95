import { formatMicro } from '@solyx/kernel';
import { reasonOf } from '@solyx/contracts';

interface JobFacts {
  readonly phase: string;
  readonly reason: string | null;
  readonly message: string | null;
  readonly attempt: number;
  readonly exitCode: number | null;
  readonly chargedMicroUsd: string;
  readonly holdMicroUsd: string | null;
}

const charged = ({ chargedMicroUsd }: JobFacts): string =>
  chargedMicroUsd === '0' ? '' : ` It was charged ${formatMicro(BigInt(chargedMicroUsd), true)} USD.`;

/** Where a job stands and why, in one sentence or two. `said` is the scheduler's own word. */
export function sentenceOf(job: JobFacts, said: string | undefined): string {
  const why = job.reason === null ? '' : reasonOf(job.reason).message;
  switch (job.phase) {
    case 'Queued':
      if (said !== undefined && said !== '') return said;
      return job.holdMicroUsd === null
        ? 'It waits for its budget hold.'
        : 'Its money is held; it waits for the scheduler.';
    case 'Evicted':
      return `Attempt ${job.attempt} lost its place: ${why} It is tried again if its retry rules allow.`;
    case 'Succeeded':
      return `It succeeded.${charged(job)}`;
    case 'Failed':
      return `It failed: ${why === '' ? 'no reason was recorded.' : why}${exit(job)}${charged(job)}`;
    case 'Cancelled':
      return `It was cancelled: ${why}${charged(job)}`;
    default:
      return said !== undefined && said !== '' ? said : `It is ${job.phase}.`;
  }
}

const exit = ({ exitCode, message }: JobFacts): string =>
  (exitCode === null ? '' : ` Exit code ${exitCode}.`) + (message === null || message === '' ? '' : ` ${message}`);
