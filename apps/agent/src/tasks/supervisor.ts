import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { readMessage, type AgentReport, type TaskSample } from '@solyx/contracts/agent';
import { TaskAssigned, TaskStopRequested } from '@solyx/contracts/cmo';
import { SolyxError, type EventDefinition } from '@solyx/kernel';
import type { EndedTasks } from '../adapters/ended-tasks';
import { textOf } from '../adapters/logger';
import { useOfGroups } from '../adapters/processes';
import { TaskFolder, type TaskRecord } from '../adapters/task-folder';
import { Task, type TaskParts } from './task';

const TASKS_MAX = 1_000;
const MEMORY_LOOK_EVERY_MS = 500;
const REFUSAL_WITHIN_MS = 30_000;
const SAMPLES_MAX = 256;
/** A folder's name and a word of subjects. */
const TASK_ID = /^[A-Za-z0-9_-]{1,128}$/;

/** A fact addressed to this node, as it came over the bus. */
export interface TaskMessage {
  readonly subject: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface SupervisorParts extends TaskParts {
  /** Folder of the tasks' folders. */
  readonly root: string;
  readonly ended: EndedTasks;
}

/** Knows every task on this machine, and begins each at most once. */
export class Supervisor {
  private readonly tasks = new Map<string, Task>();
  private readonly leaving = new AbortController();
  private memoryTimer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: SupervisorParts) {
    mkdirSync(parts.root, { recursive: true, mode: 0o700 });
  }

  get running(): number {
    return [...this.tasks.values()].filter(({ group }) => group !== undefined).length;
  }

  /** Goes on with everything that a former agent left. */
  async adopt(): Promise<void> {
    for (const name of readdirSync(this.parts.root)) {
      const folder = new TaskFolder(path.join(this.parts.root, name));
      const record = await folder.record();
      // Claimed by halves: its message was never acknowledged, and comes again.
      if (!record || this.parts.ended.has(name)) await folder.remove();
      else this.take(folder, record);
    }
  }

  /** Resolves when the message is done with, whatever it said; rejects where it shall come again. */
  async handle(message: TaskMessage): Promise<void> {
    let fact: TaskFact;
    try {
      fact = readFact(message);
    } catch (error) {
      return this.refuse(message, textOf(error));
    }
    return 'assigned' in fact ? this.assigned(fact.assigned, message) : this.stopRequested(fact.stop, message);
  }

  private async assigned(task: TaskAssigned['data'], message: TaskMessage): Promise<void> {
    if (this.tasks.has(task.taskId) || this.parts.ended.has(task.taskId)) return;
    const fault = this.faultOf(task);
    if (fault !== undefined) return this.refuse(message, fault);
    const { 'ce-id': eventId = '', 'ce-correlationid': correlationId, traceparent } = message.headers;
    const record: TaskRecord = {
      task,
      eventId,
      ...(correlationId === undefined ? {} : { correlationId }),
      ...(traceparent === undefined ? {} : { traceparent }),
      claimedAt: new Date().toISOString(),
    };
    const folder = TaskFolder.create(this.parts.root, task.taskId);
    await folder.claim(record);
    this.take(folder, record);
  }

  private faultOf({ taskId, nodeId, executor }: TaskAssigned['data']): string | undefined {
    if (!TASK_ID.test(taskId)) return 'taskId is no id';
    if (nodeId !== this.parts.places.nodeId) return `the task is for node ${nodeId}`;
    if (executor !== 'agent') return `the task is for executor ${executor}`;
    return this.tasks.size >= TASKS_MAX ? `${TASKS_MAX} tasks are here already` : undefined;
  }

  private take(folder: TaskFolder, record: TaskRecord): void {
    const task = new Task(folder, record, this.parts);
    this.tasks.set(task.taskId, task);
    this.memoryTimer ??= setInterval(() => this.watchMemory(), MEMORY_LOOK_EVERY_MS).unref();
    void task.over.then((done) => (done ? this.forget(task) : undefined));
    void task.run();
  }

  /** The name stays, the folder goes. */
  private async forget(task: Task): Promise<void> {
    try {
      this.parts.ended.add(task.taskId, Date.now());
      this.tasks.delete(task.taskId);
      await task.folder.remove();
    } catch (error) {
      this.parts.logger.warn('a folder could not be removed', { taskId: task.taskId, error: textOf(error) });
    }
  }

  private async stopRequested(stop: TaskStopRequested['data'], message: TaskMessage): Promise<void> {
    if (stop.nodeId !== this.parts.places.nodeId) return this.refuse(message, `the task is for node ${stop.nodeId}`);
    // A task that is not known has ended long ago, or never came here.
    await this.tasks.get(stop.taskId)?.stop(stop);
  }

  /** Says why it is not done. It never is, whether or not anybody hears. */
  private async refuse({ subject, body, headers }: TaskMessage, why: string): Promise<void> {
    this.parts.logger.warn('a message was refused', { subject, eventId: headers['ce-id'], why });
    const report = refusalOf(body, why);
    if (!report || this.tasks.has(report.taskId) || this.parts.ended.has(report.taskId)) return;
    const within = AbortSignal.any([this.leaving.signal, AbortSignal.timeout(REFUSAL_WITHIN_MS)]);
    const isAnswered = await this.parts.reports.send(report, within);
    if (!isAnswered) throw new SolyxError('Unavailable', 'nobody heard the refusal yet');
  }

  /** One look at all processes serves all tasks. */
  private watchMemory(): void {
    const watched = [...this.tasks.values()].filter(({ watchedMemoryMiB }) => watchedMemoryMiB > 0);
    if (watched.length === 0) return;
    const uses = useOfGroups();
    for (const task of watched) {
      const used = uses.get(task.group ?? 0)?.memoryMiB ?? 0;
      if (used > task.watchedMemoryMiB) void task.stop({ reason: 'MemoryExceeded', graceSeconds: 0 });
    }
  }

  samples(): readonly TaskSample[] {
    const running = [...this.tasks.values()].filter(({ group }) => group !== undefined);
    if (running.length === 0) return [];
    const uses = useOfGroups();
    return running.slice(0, SAMPLES_MAX).map(({ taskId, record, group }) => {
      const { memoryMiB, processes } = uses.get(group ?? 0) ?? { memoryMiB: 0, processes: 0 };
      return { taskId, jobId: record.task.jobId, memoryMiB, processes };
    });
  }

  /** The agent ends; its tasks go on, and the next agent takes them over. */
  async leave(): Promise<void> {
    this.leaving.abort();
    clearInterval(this.memoryTimer);
    await Promise.all([...this.tasks.values()].map((task) => task.leave()));
  }

  /** The machine is needed for something else: every task is asked to end, and its end is told. */
  async drain(graceSeconds: number): Promise<void> {
    const tasks = [...this.tasks.values()];
    await Promise.all(tasks.map((task) => task.stop({ reason: 'Drained', graceSeconds })));
    await Promise.all(tasks.map(({ over }) => over));
  }
}

type TaskFact = { readonly assigned: TaskAssigned['data'] } | { readonly stop: TaskStopRequested['data'] };

/** The fact, once subject, headers and body were found right; throws what is wrong with them. */
function readFact({ subject, headers, body }: TaskMessage): TaskFact {
  const type = headers['ce-type'] ?? '';
  if (type === '' || !subject.startsWith(`solyx.${type}.`)) {
    throw new SolyxError('InvalidArgument', `the header ce-type is "${type}"`);
  }
  const version = Number(headers['ce-dataversion'] ?? 1);
  const read = <Data extends object>(definition: EventDefinition<string, Data>): Data => {
    const data = JSON.parse(body) as Record<string, unknown>;
    const newer = definition.upcasters.slice(Math.max(0, version - 1));
    return readMessage(
      definition.schema,
      newer.reduce((older, upcaster) => upcaster(older), data),
    );
  };
  if (type === TaskAssigned.type) return { assigned: read(TaskAssigned) };
  if (type === TaskStopRequested.type) return { stop: read(TaskStopRequested) };
  throw new SolyxError('InvalidArgument', `${type} is nothing that an agent does`);
}

/** A report, as far as the message says what it is about. */
function refusalOf(body: string, why: string): AgentReport | undefined {
  let data: Record<string, unknown>;
  try {
    data = JSON.parse(body) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const { taskId, jobId, attempt, rank } = data;
  const isNamed = typeof taskId === 'string' && typeof jobId === 'string' && TASK_ID.test(taskId);
  if (!isNamed || !Number.isInteger(attempt) || !Number.isInteger(rank)) return undefined;
  return {
    ...{ reportId: `${taskId}-refused`, kind: 'refused', taskId, jobId: jobId.slice(0, 128) },
    ...{ attempt: Number(attempt), rank: Number(rank), reason: 'StartFailed', message: why.slice(0, 1024) },
    at: new Date().toISOString(),
  };
}
