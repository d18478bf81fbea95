import { mkdirSync, statSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ReportKind } from '@solyx/contracts/agent';
import type { TaskAssigned } from '@solyx/contracts/cmo';
import { parseStat } from '../domain/proc-stat';
import type { TaskEnd } from '../domain/task-fate';
import { readJson, readTextNow, writeDurably } from './files';

export interface TaskRecord {
  readonly task: TaskAssigned['data'];
  /** The event that assigned it, and what its reports carry on. */
  readonly eventId: string;
  readonly correlationId?: string;
  readonly traceparent?: string;
  readonly claimedAt: string;
}

export interface StopRecord {
  readonly reason: string;
  readonly graceSeconds: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

export interface ShimProcess {
  readonly pid: number;
  /** The machine's start during which it began. */
  readonly bootId: string;
  readonly startTicks: string;
  /** When it began, milliseconds since 1970. */
  readonly startedMs: number;
}

/** All that is known of one task, as files: what is decided is written before it is done. */
export class TaskFolder {
  constructor(readonly path: string) {}

  static create(root: string, taskId: string): TaskFolder {
    const folder = path.join(root, taskId);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return new TaskFolder(folder);
  }

  private file(name: string): string {
    return path.join(this.path, name);
  }

  output(stream: 'stdout' | 'stderr'): string {
    return this.file(stream);
  }

  /** Where the output was delivered to, see LogShipper. */
  delivered(stream: 'stdout' | 'stderr'): string {
    return this.file(`${stream}.delivered`);
  }

  async workFolder(): Promise<string> {
    const folder = this.file('work');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  readonly record = (): Promise<TaskRecord | undefined> => readJson(this.file('task.json'));
  readonly claim = (record: TaskRecord): Promise<void> => writeDurably(this.file('task.json'), JSON.stringify(record));

  readonly stopRecord = (): Promise<StopRecord | undefined> => readJson(this.file('stop.json'));
  readonly saveStop = (stop: StopRecord): Promise<void> => writeDurably(this.file('stop.json'), JSON.stringify(stop));

  readonly end = (): Promise<TaskEnd | undefined> => readJson(this.file('ended.json'));
  readonly saveEnd = (end: TaskEnd): Promise<void> => writeDurably(this.file('ended.json'), JSON.stringify(end));

  /** Whether a report was answered. */
  async isReported(kind: ReportKind): Promise<boolean> {
    return (await readJson(this.file(`${kind}.reported`))) !== undefined;
  }
  readonly saveReported = (kind: ReportKind): Promise<void> => writeDurably(this.file(`${kind}.reported`), '{}');

  /** A shim wrote its name, or was about to when it died. */
  isBegun(): boolean {
    return readTextNow(this.file('pid')) !== undefined;
  }

  /** Undefined before the shim began, and where its name was cut off. */
  shim(): ShimProcess | undefined {
    const text = readTextNow(this.file('pid'));
    if (text === undefined || !text.endsWith('\n')) return undefined;
    // `<pid> <boot id> <line of /proc/<pid>/stat>`; the line is missing where there is no /proc.
    const [pid = '', bootId = '', ...stat] = text.trimEnd().split(' ');
    const startTicks = parseStat(stat.join(' '))?.startTicks ?? '';
    return { pid: Number(pid), bootId, startTicks, startedMs: statSync(this.file('pid')).mtimeMs };
  }

  /** What the shim wrote when the command had ended. */
  exitCode(): number | undefined {
    const text = readTextNow(this.file('exit'));
    return text !== undefined && /^\d+\n$/.test(text) ? Number(text) : undefined;
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
