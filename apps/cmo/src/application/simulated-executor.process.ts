import { Injectable } from '@nestjs/common';
import { TaskAssigned, TaskStopRequested } from '@solyx/contracts/cmo';
import { LruMap, OnEvent, OnTick, serviceActor, Streams, Views, type CommandContext } from '@solyx/eventing';
import { Clock, deriveId, type Recorded } from '@solyx/kernel';
import { jobDecider, type JobCommand } from '../domain/job';
import { attemptOf } from '../domain/job-state';
import { simulatedTask, simulatedTaskOf, type SimulatedTask } from './simulated-task.projection';
import { taskIdOf } from './task-assignment';
import { TaskLogs } from './task-logs';
import { Timers, type Timer } from './timers';

/** As long as a process takes to start. */
const START_DELAY_MS = 50;
const REARM_EVERY_MS = 5_000;
const TASKS_PER_PAGE = 500;
const PAGES_MAX = 40;
const ENDED_REMEMBERED_MAX = 10_000;
const SIGTERM_EXIT = 143;

interface Running {
  readonly task: SimulatedTask;
  timer: Timer;
}

/**
 * Carries out tasks of simulated nodes: nothing runs, time passes. Times are counted from the assignment, so that a
 * restart goes on where it was; each step is a command with an id of its own, so that a repeat changes nothing.
 */
@Injectable()
export class SimulatedExecutor {
  private readonly running = new Map<string, Running>();
  private readonly ended = new LruMap<string, true>(ENDED_REMEMBERED_MAX);

  constructor(
    private readonly streams: Streams,
    private readonly views: Views,
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly logs: TaskLogs,
  ) {}

  @OnEvent(TaskAssigned)
  async assigned(event: Recorded<TaskAssigned>): Promise<void> {
    if (event.data.executor === 'simulated') this.arm(simulatedTaskOf(event));
    return Promise.resolve();
  }

  @OnEvent(TaskStopRequested)
  async stopRequested(event: Recorded<TaskStopRequested>): Promise<void> {
    const { data } = event;
    const task = this.running.get(data.taskId)?.task ?? (await this.find(event));
    if (task) await this.end(task, { exitCode: SIGTERM_EXIT, signal: 'SIGTERM', reason: data.reason });
  }

  /** After a restart: what was under way goes on. */
  @OnTick(REARM_EVERY_MS)
  async rearm(): Promise<void> {
    let after: string | undefined;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const query = { first: TASKS_PER_PAGE, ...(after === undefined ? {} : { after }) };
      const { rows, hasNext } = await this.views.list(simulatedTask, query);
      for (const { row } of rows) this.arm(row);
      after = rows.at(-1)?.cursor;
      if (!hasNext || after === undefined) return;
    }
  }

  private arm(task: SimulatedTask): void {
    if (this.running.has(task.taskId) || this.ended.get(task.taskId)) return;
    const startsAt = Date.parse(task.assignedAt) + START_DELAY_MS;
    const timer = this.timers.at(startsAt, () => this.step(task, () => this.start(task)));
    this.running.set(task.taskId, { task, timer });
  }

  /** A stop after a restart: the job still knows which attempt and rank it is about. */
  private async find({ id, data, metadata }: Recorded<TaskStopRequested>): Promise<SimulatedTask | undefined> {
    const { jobId, taskId, nodeId } = data;
    if (this.ended.get(taskId)) return undefined;
    const { state: job } = await this.streams.load(jobDecider, jobId);
    const shares = attemptOf(job, job.attempt)?.allocation.shares ?? [];
    const share = shares.find(({ rank }) => taskIdOf(jobId, job.attempt, rank) === taskId);
    if (share?.executor !== 'simulated') return undefined;
    const { attempt, organizationId } = job;
    return {
      ...{ taskId, jobId, organizationId, attempt, rank: share.rank, nodeId, assignedAt: this.clock.iso() },
      ...{ durationMs: 0, exitCode: 0, stopAfterSeconds: 0, eventId: id, correlationId: metadata.$correlationId },
      traceparent: metadata.traceparent ?? '',
    };
  }

  /** What cannot be recorded now is forgotten here, and taken up again by the next tick. */
  private async step(task: SimulatedTask, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.running.delete(task.taskId);
      throw error;
    }
  }

  private async start(task: SimulatedTask): Promise<void> {
    const { jobId, attempt, rank, nodeId, durationMs, stopAfterSeconds } = task;
    const data = { jobId, attempt, rank, nodeId, at: this.clock.iso() };
    await this.tell(task, { type: 'StartTask', data });
    const entry = this.running.get(task.taskId);
    // It was stopped while its start was being recorded.
    if (!entry) return;
    this.say(task, 0, `started on ${nodeId}: nothing runs, time passes`);
    const limitMs = stopAfterSeconds * 1000;
    const startsAt = Date.parse(task.assignedAt) + START_DELAY_MS;
    const how =
      durationMs > limitMs
        ? { exitCode: SIGTERM_EXIT, signal: 'SIGTERM', reason: 'MaxRuntimeExceeded' }
        : { exitCode: task.exitCode };
    entry.timer = this.timers.at(startsAt + Math.min(durationMs, limitMs), () =>
      this.step(task, () => this.end(task, how)),
    );
  }

  private async end(
    task: SimulatedTask,
    how: { readonly exitCode: number; readonly signal?: string; readonly reason?: string },
  ): Promise<void> {
    const { taskId, jobId, attempt, rank, nodeId } = task;
    this.running.get(taskId)?.timer.cancel();
    this.say(task, 1, `ended with exit code ${how.exitCode}`);
    const data = { jobId, attempt, rank, nodeId, ...how, at: this.clock.iso() };
    await this.tell(task, { type: 'ExitTask', data });
    this.ended.set(taskId, true);
    this.running.delete(taskId);
  }

  private async tell(task: SimulatedTask, command: JobCommand): Promise<void> {
    const context: CommandContext = {
      commandId: deriveId('simulated', task.taskId, command.type),
      organizationId: task.organizationId,
      actor: serviceActor('cmo'),
      correlationId: task.correlationId,
      causationId: task.eventId,
      ...(task.traceparent === '' ? {} : { traceparent: task.traceparent }),
    };
    await this.streams.transact(jobDecider, task.jobId, command, context);
  }

  private say({ taskId, attempt, rank, ...target }: SimulatedTask, offset: number, text: string): void {
    const at = this.clock.iso();
    this.logs.write(target, {
      ...{ taskId, attempt, rank, stream: 'stdout', offset, at },
      text: `[simulated] ${text}`,
    });
  }
}
