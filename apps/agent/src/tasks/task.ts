import type { ChildProcess } from 'node:child_process';
import { watch, type FSWatcher } from 'node:fs';
import { agentLogSubject, logLineId, type AgentReport, type ReportKind } from '@solyx/contracts/agent';
import { LogShipper } from '../adapters/log-shipper';
import { textOf, type Logger } from '../adapters/logger';
import { isAlive, processesOfTask, signal } from '../adapters/processes';
import type { ResourceLimits } from '../adapters/resource-limits';
import { BEGUN_BY_ANOTHER, startShim } from '../adapters/shim';
import type { StopRecord, TaskFolder, TaskRecord } from '../adapters/task-folder';
import { endOf, endWithoutWord, fateOf, type TaskEnd } from '../domain/task-fate';
import type { Bus } from './bus';
import { CheckpointWatch } from './checkpoint-watch';
import type { ReportSender } from './report-sender';
import { checkpointPath, environmentOf, whyNotStartable, type Places } from './task-environment';

const LOOK_EVERY_MS = 500;
const KILL_AGAIN_MS = 1_000;
/** Between SIGTERM and SIGKILL where the agent itself keeps a limit. */
const OWN_GRACE_SECONDS = 10;
/** The end is told when its output is delivered, or after this: a bus that is away does not hold up the bill. */
const LAST_LINES_MS = 2_000;
const TIMER_MAX_MS = 2 ** 31 - 1;
const MESSAGE_LENGTH_MAX = 1024;

export interface TaskParts {
  readonly places: Places;
  readonly bus: Bus;
  readonly reports: ReportSender;
  readonly limits: ResourceLimits;
  readonly logger: Logger;
}

/** One task from its claim to its last report. Whatever moment the agent dies in, the next one goes on from the files. */
export class Task {
  /** Resolves when it is over: ended, reported and delivered, or the agent stops. */
  readonly over: Promise<boolean>;
  private settle: (done: boolean) => void = () => undefined;
  private readonly stopping = new AbortController();
  private readonly shippers: readonly LogShipper[];
  private readonly checkpoints: CheckpointWatch | undefined;
  private reporting: Promise<boolean> = Promise.resolve(true);
  private watcher: FSWatcher | undefined;
  private timers = new Set<NodeJS.Timeout>();
  private graceTimer: NodeJS.Timeout | undefined;
  private stopRequest: StopRecord | undefined;
  private memoryIsKept = false;
  private hasEnded = false;
  /** The shim, while it runs and is our own child. */
  private child: ChildProcess | undefined;

  constructor(
    readonly folder: TaskFolder,
    readonly record: TaskRecord,
    private readonly parts: TaskParts,
  ) {
    this.over = new Promise((resolve) => {
      this.settle = resolve;
    });
    const { taskId, organizationId, jobId, attempt, rank } = record.task;
    const source = { taskId, organizationId, jobId, attempt, rank, nodeId: parts.places.nodeId };
    this.shippers = (['stdout', 'stderr'] as const).map((stream) => {
      const files = { file: folder.output(stream), progress: folder.delivered(stream) };
      return new LogShipper({ ...source, ...files, stream }, parts.bus);
    });
    const checkpoint = checkpointPath(record.task, parts.places);
    if (checkpoint !== undefined) {
      const everySeconds = record.task.checkpoint?.everySeconds ?? 0;
      this.checkpoints = new CheckpointWatch(checkpoint, everySeconds, (atMs) =>
        this.reportCheckpoint(checkpoint, atMs),
      );
    }
  }

  get taskId(): string {
    return this.record.task.taskId;
  }

  /** Its process group, while it runs. */
  get group(): number | undefined {
    return this.hasEnded ? undefined : this.folder.shim()?.pid;
  }

  /** Above it the agent ends the task; 0 where the system does, or nobody. */
  get watchedMemoryMiB(): number {
    return this.memoryIsKept ? 0 : this.record.task.memoryMiB;
  }

  /** Begins it, or goes on with what a former agent began. */
  async run(): Promise<void> {
    try {
      await this.resume();
    } catch (error) {
      this.parts.logger.error('a task could not be taken up', { taskId: this.taskId, error: textOf(error) });
      await this.finish({ exitCode: -1, reason: 'StartFailed', message: textOf(error) });
    }
  }

  private async resume(): Promise<void> {
    const ended = await this.folder.end();
    if (ended) return this.conclude(ended);
    this.stopRequest = await this.folder.stopRecord();
    const exitCode = this.folder.exitCode();
    const fate = fateOf({
      begun: this.folder.isBegun(),
      alive: this.isAlive(),
      ...(exitCode === undefined ? {} : { exitCode }),
      ...(this.stopRequest === undefined ? {} : { stop: this.stopRequest }),
    });
    if (fate.kind === 'ended') return this.finish(fate.end);
    if (fate.kind === 'begin') return this.begin();
    this.parts.logger.info('a running task was taken over', { taskId: this.taskId });
    this.memoryIsKept = this.parts.limits.usesCgroups;
    this.watchShim();
    this.follow();
  }

  private async begin(): Promise<void> {
    const { task } = this.record;
    const env = await environmentOf(task, this.parts.places);
    const workdir = task.workdir ?? (await this.folder.workFolder());
    const fault = whyNotStartable(task, env, workdir);
    if (fault !== undefined) return this.finish({ exitCode: -1, reason: 'StartFailed', message: fault });
    const { join, prefix, memoryIsKept } = this.parts.limits.prepareTask(task);
    this.memoryIsKept = memoryIsKept;
    const child = startShim(this.folder, { command: task.command, workdir, env, join, prefix });
    this.child = child;
    child.unref();
    child.once('error', (error) => {
      void this.finish({ exitCode: -1, reason: 'StartFailed', message: textOf(error) });
    });
    child.once('exit', (code, killedBy) => this.shimExited(code, killedBy));
    child.once('spawn', () => this.follow());
  }

  /** Output, limits and the first report: for a task that runs, begun just now or before. */
  private follow(): void {
    if (this.hasEnded) return;
    for (const shipper of this.shippers) shipper.start();
    this.checkpoints?.start();
    this.report('started', {});
    const startedMs = this.folder.shim()?.startedMs ?? Date.now();
    this.after(startedMs + this.record.task.stopAfterSeconds * 1000, () =>
      this.stop({ reason: 'MaxRuntimeExceeded', graceSeconds: OWN_GRACE_SECONDS }),
    );
    if (this.stopRequest) this.carryOutStop(this.stopRequest);
  }

  private after(atMs: number, work: () => unknown): NodeJS.Timeout {
    const timer = setTimeout(
      () => {
        this.timers.delete(timer);
        // A timer counts to 24 days at most.
        if (Date.now() < atMs - 1) this.after(atMs, work);
        else work();
      },
      Math.min(Math.max(0, atMs - Date.now()), TIMER_MAX_MS),
    );
    this.timers.add(timer);
    return timer;
  }

  private isAlive(): boolean {
    const shim = this.folder.shim();
    return shim !== undefined && isAlive(shim);
  }

  private shimExited(code: number | null, killedBy: NodeJS.Signals | null): void {
    this.child = undefined;
    const exitCode = this.folder.exitCode();
    if (exitCode !== undefined) return void this.finish(endOf(exitCode, this.stopRequest));
    if (code === BEGUN_BY_ANOTHER && this.folder.isBegun()) return this.watchShim();
    const end = endWithoutWord(this.stopRequest);
    void this.finish(killedBy === null || this.stopRequest ? end : { exitCode: 128 + 9, signal: killedBy });
  }

  /** A shim that another agent started tells nobody when it ends, except by its file. */
  private watchShim(): void {
    const look = (): void => {
      const exitCode = this.folder.exitCode();
      if (exitCode !== undefined) return void this.finish(endOf(exitCode, this.stopRequest));
      if (!this.isAlive()) return void this.finish(endWithoutWord(this.stopRequest));
      this.after(Date.now() + LOOK_EVERY_MS, look);
    };
    this.watcher = watch(this.folder.path, (_, name) => {
      const exitCode = name === 'exit' ? this.folder.exitCode() : undefined;
      if (exitCode !== undefined) void this.finish(endOf(exitCode, this.stopRequest));
    });
    look();
  }

  /** Asks it to end. A later request counts only if it is shorter. */
  async stop({ reason, graceSeconds }: { readonly reason: string; readonly graceSeconds: number }): Promise<void> {
    if (this.hasEnded) return;
    const earlier = this.stopRequest;
    const atMs = Date.now();
    if (earlier && earlier.atMs + earlier.graceSeconds * 1000 <= atMs + graceSeconds * 1000) return;
    // The first reason stays: what follows is only more urgent.
    const request = { reason: earlier?.reason ?? reason, graceSeconds, atMs };
    this.stopRequest = request;
    await this.folder.saveStop(request);
    this.say(1, `is told to end: ${request.reason}; SIGKILL follows after ${graceSeconds} s`);
    this.carryOutStop(request);
  }

  private carryOutStop({ graceSeconds, atMs }: StopRecord): void {
    if (this.hasEnded) return;
    if (this.graceTimer) clearTimeout(this.graceTimer);
    if (graceSeconds > 0) this.signalGroup('SIGTERM');
    this.graceTimer = this.after(atMs + graceSeconds * 1000, () => this.kill());
  }

  /** Again and again, until it is gone. */
  private kill(): void {
    if (this.hasEnded) return;
    this.signalGroup('SIGKILL');
    for (const pid of processesOfTask(this.taskId)) signal(pid, 'SIGKILL');
    this.after(Date.now() + KILL_AGAIN_MS, () => this.kill());
  }

  /** Only while the shim is the very process that led the group: the number may belong to another one later. */
  private signalGroup(name: NodeJS.Signals): void {
    const shim = this.folder.shim();
    // A child that was not waited for keeps its number, even before it wrote it down.
    if (this.child?.pid !== undefined) signal(-this.child.pid, name);
    else if (shim && isAlive(shim)) signal(-shim.pid, name);
  }

  private async finish(end: TaskEnd): Promise<void> {
    if (this.hasEnded) return;
    this.hasEnded = true;
    this.clear();
    const isOutOfMemory = this.parts.limits.ranOutOfMemory(this.taskId);
    // Nothing of it may go on using what is somebody else's from now on.
    for (const pid of processesOfTask(this.taskId)) signal(pid, 'SIGKILL');
    const known = isOutOfMemory ? { ...end, reason: 'MemoryExceeded' } : end;
    if (known.message !== undefined) this.say(0, known.message);
    await this.folder.saveEnd(known);
    await this.conclude(known);
  }

  /** The last lines, the last report, and nothing is left. */
  private async conclude(end: TaskEnd): Promise<void> {
    this.hasEnded = true;
    this.checkpoints?.look();
    const delivered = Promise.all(this.shippers.map((shipper) => shipper.finish()));
    await Promise.race([delivered, this.pause(LAST_LINES_MS)]);
    if (end.reason !== 'StartFailed' && this.folder.isBegun()) this.report('started', {});
    const { message, ...how } = end;
    this.report('exited', {
      ...how,
      ...(message === undefined ? {} : { message: message.slice(0, MESSAGE_LENGTH_MAX) }),
    });
    const isReported = await this.reporting;
    await delivered;
    this.parts.limits.release(this.taskId);
    this.settle(isReported && !this.stopping.signal.aborted);
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(Date.now() + ms, () => resolve()));
  }

  private reportCheckpoint(path: string, atMs: number): void {
    this.report('checkpointed', { path: path.slice(0, 1024) }, `${this.taskId}-checkpointed-${Math.round(atMs)}`);
  }

  /** One after another, each until it is answered. */
  private report(kind: ReportKind, more: Partial<AgentReport>, reportId = `${this.taskId}-${kind}`): void {
    const { task, eventId, correlationId, traceparent } = this.record;
    const { taskId, jobId, attempt, rank } = task;
    const report: AgentReport = {
      ...{ reportId, kind, taskId, jobId, attempt, rank, ...more },
      at: new Date().toISOString(),
      causationId: eventId,
      ...(correlationId === undefined ? {} : { correlationId }),
      ...(traceparent === undefined ? {} : { traceparent }),
    };
    this.reporting = this.reporting.then((before) => before && this.sendOnce(report));
  }

  private async sendOnce(report: AgentReport): Promise<boolean> {
    const isOnce = report.kind !== 'checkpointed';
    if (isOnce && (await this.folder.isReported(report.kind))) return true;
    if (!(await this.parts.reports.send(report, this.stopping.signal))) return false;
    if (isOnce) await this.folder.saveReported(report.kind);
    return true;
  }

  /** A line from the agent about the task, among its output. Lost while the bus is away. */
  private say(offset: number, text: string): void {
    const { taskId, attempt, rank, organizationId, jobId } = this.record.task;
    const at = new Date().toISOString();
    const line = { taskId, attempt, rank, stream: 'solyx', offset, text: `task ${text}`, at } as const;
    const subject = agentLogSubject(this.parts.places.nodeId, organizationId, jobId);
    void this.parts.bus.store(subject, line, logLineId(line)).catch(() => undefined);
  }

  private clear(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.watcher?.close();
    this.checkpoints?.stop();
  }

  /** The agent ends; the task goes on. */
  async leave(): Promise<void> {
    this.stopping.abort();
    this.clear();
    await Promise.all(this.shippers.map((shipper) => shipper.stop()));
    await this.reporting;
    this.settle(false);
  }
}
