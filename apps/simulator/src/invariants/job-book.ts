import type { Recorded } from '@solyx/kernel';
import type { Fail } from './gpu-ledger';

const ENDS: Readonly<Record<string, string>> = {
  'cmo.job.succeeded': 'succeeded',
  'cmo.job.failed': 'failed',
  'cmo.job.cancelled': 'cancelled',
};

interface JobBook {
  readonly requestId: string;
  readonly organizationId: string;
  phase: string;
  end: string | undefined;
}

/** The life of each job, kept from the facts alone. */
export class JobBooks {
  readonly jobs = new Map<string, JobBook>();
  private readonly tasks = new Map<string, string>();
  private readonly requests = new Map<string, string>();

  constructor(private readonly fail: Fail) {}

  get unfinished(): readonly string[] {
    return [...this.jobs].filter(([, { end }]) => end === undefined).map(([jobId]) => jobId);
  }

  observe({ type, data, stream, metadata }: Recorded): void {
    const facts = data as Readonly<Record<string, string | number>>;
    const jobId = String(facts['jobId']);
    if (type === 'cmo.dispatch.task-assigned') return this.assigned(stream, facts);
    if (!type.startsWith('cmo.job.')) return;
    const job = this.jobs.get(jobId);
    if (job?.end !== undefined) this.fail('no job ends twice', `${jobId} ${job.end}, and then ${type}`);
    if (type === 'cmo.job.queued') this.queued(jobId, String(facts['requestId']), metadata.organizationId);
    else if (!job) this.fail('a job begins with being queued', `${type} of the unknown ${jobId}`);
    else {
      job.phase = type.slice('cmo.job.'.length);
      job.end = ENDS[type];
    }
  }

  private queued(jobId: string, requestId: string, organizationId: string): void {
    const other = this.requests.get(requestId);
    if (this.jobs.has(jobId) || other !== undefined) {
      this.fail('every request is answered once', `${requestId} led to ${jobId} and to ${other ?? jobId}`);
    }
    this.requests.set(requestId, jobId);
    this.jobs.set(jobId, { requestId, organizationId, phase: 'queued', end: undefined });
  }

  private assigned(stream: string, { taskId, jobId, attempt, rank }: Readonly<Record<string, string | number>>): void {
    const task = `rank ${rank} of attempt ${attempt} of ${jobId}`;
    const known = this.tasks.get(task);
    if (known !== undefined || this.tasks.has(String(taskId))) {
      this.fail('a task is assigned once', `${task} was assigned on ${known ?? stream} and on ${stream}`);
    }
    this.tasks.set(task, stream).set(String(taskId), stream);
  }
}
