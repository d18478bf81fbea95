import { Injectable } from '@nestjs/common';
import { JobCancelled, JobEvicted, JobFailed, JobStarting, JobStopping } from '@solyx/contracts/cmo';
import { causedBy, OnEvent, Streams, type CommandContext, type Delivery } from '@solyx/eventing';
import { Clock, type Recorded } from '@solyx/kernel';
import { dispatchDecider } from '../domain/dispatch';
import { jobDecider } from '../domain/job';
import { attemptOf, type Attempt, type Job, type Rank } from '../domain/job-state';
import { assignmentOf, taskIdOf } from './task-assignment';

/**
 * Nodes are told what a job decided. It hears cmo's own facts: they come in order per job, so that a task is assigned
 * before it is stopped, whatever crashes in between.
 */
@Injectable()
export class DispatchTasksProcess {
  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
  ) {}

  @OnEvent(JobStarting)
  async assign(event: Recorded<JobStarting>, delivery: Delivery): Promise<void> {
    const { job, attempt } = await this.read(event);
    const isWanted = job.phase === 'Starting' || job.phase === 'Running';
    if (!attempt || !isWanted || job.attempt !== attempt.attempt) return;
    await this.assignAll(job, attempt, causedBy(event, undefined, delivery.redelivered));
  }

  /** Tells every node of the attempt; a node that was told already is not told again. */
  async assignAll(job: Job, attempt: Attempt, context: CommandContext): Promise<void> {
    for (const rank of attempt.ranks) await this.assignRank(job, attempt, rank, context);
  }

  @OnEvent(JobStopping)
  async stop(event: Recorded<JobStopping>, delivery: Delivery): Promise<void> {
    const { job, attempt } = await this.read(event);
    if (!attempt) return;
    const context = causedBy(event, undefined, delivery.redelivered);
    const { reason, graceSeconds } = event.data;
    for (const rank of attempt.ranks.filter(({ phase }) => phase !== 'Exited')) {
      // A rank ends by its node's report, so a node must know of the task that it is to stop.
      if (rank.phase === 'Assigned') await this.assignRank(job, attempt, rank, context);
      await this.stopRank(job, attempt, rank, { reason, graceSeconds, context });
    }
  }

  /** What an attempt leaves behind on nodes is over at once: its GPUs are somebody else's from now on. */
  @OnEvent(JobEvicted, JobFailed, JobCancelled)
  async sweep(event: Recorded<JobEvicted | JobFailed | JobCancelled>, delivery: Delivery): Promise<void> {
    const { job, attempt } = await this.read(event);
    const context = causedBy(event, undefined, delivery.redelivered);
    const reason = event.type === 'cmo.job.cancelled' ? 'Cancelled' : event.data.reason;
    for (const rank of attempt?.ranks.filter(({ phase }) => phase !== 'Exited') ?? []) {
      await this.stopRank(job, attempt, rank, { reason, graceSeconds: 0, context });
    }
  }

  private async read(
    event: Recorded<JobStarting | JobStopping | JobEvicted | JobFailed | JobCancelled>,
  ): Promise<{ job: Job; attempt?: Attempt }> {
    const { state: job } = await this.streams.load(jobDecider, event.data.jobId);
    const attempt = attemptOf(job, event.data.attempt);
    return attempt ? { job, attempt } : { job };
  }

  private async assignRank(job: Job, attempt: Attempt, rank: Rank, context: CommandContext): Promise<void> {
    const data = assignmentOf(job, attempt, rank, this.clock.iso());
    if (data)
      await this.streams.transact(dispatchDecider, rank.nodeId, { type: 'AssignTask', data }, forTask(context, data));
  }

  private async stopRank(
    job: Job,
    attempt: Attempt | undefined,
    { rank, nodeId }: Rank,
    stop: { readonly reason: string; readonly graceSeconds: number; readonly context: CommandContext },
  ): Promise<void> {
    if (!attempt) return;
    const { reason, graceSeconds, context } = stop;
    const taskId = taskIdOf(job.jobId, attempt.attempt, rank);
    const data = { taskId, jobId: job.jobId, nodeId, reason, graceSeconds, at: this.clock.iso() };
    await this.streams.transact(dispatchDecider, nodeId, { type: 'StopTask', data }, forTask(context, data));
  }
}

/** Two ranks of a gang may share a node: each command is one of its own. */
const forTask = (context: CommandContext, { taskId }: { readonly taskId: string }): CommandContext => ({
  ...context,
  commandId: `${context.commandId}/${taskId}`,
});
