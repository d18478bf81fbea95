import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

const CGROUP_ROOT = '/sys/fs/cgroup';
const CPU_PERIOD_US = 100_000;
const NICENESS = '5';

export interface LimitedTask {
  readonly taskId: string;
  readonly cpuMilli: number;
  readonly memoryMiB: number;
}

/** How the system keeps one task within its limits. */
export interface Limits {
  /** File that the process writes its number into, to be limited; empty where there is none. */
  readonly join: string;
  /** Words before the command. */
  readonly prefix: readonly string[];
  /** The system ends the task at its memory limit; else the agent watches. */
  readonly memoryIsKept: boolean;
}

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** First file of that name in PATH. */
export const findProgram = (name: string, search: string): string | undefined =>
  search
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find(isExecutable);

/**
 * Limits by cgroup v2 where the agent may use it. Else whole cores by `taskset`, a share of one by `nice`, and memory by
 * watching (see MemoryWatch).
 */
export class ResourceLimits {
  private readonly base: string | undefined;
  private readonly taskset = findProgram('taskset', process.env['PATH'] ?? '');
  private readonly nice = findProgram('nice', process.env['PATH'] ?? '');
  private readonly coresOf = new Map<string, readonly number[]>();

  constructor(
    nodeId: string,
    private readonly root = CGROUP_ROOT,
    private readonly cores = availableParallelism(),
  ) {
    this.base = this.prepare(`solyx-${nodeId}`);
  }

  get usesCgroups(): boolean {
    return this.base !== undefined;
  }

  prepareTask(task: LimitedTask): Limits {
    const folder = this.folderOf(task.taskId);
    if (folder !== undefined && this.limitByCgroup(folder, task)) {
      return { join: path.join(folder, 'cgroup.procs'), prefix: [], memoryIsKept: true };
    }
    return { join: '', prefix: this.prefixFor(task), memoryIsKept: false };
  }

  /** Did the system end it for its memory? */
  ranOutOfMemory(taskId: string): boolean {
    const folder = this.folderOf(taskId);
    if (folder === undefined || !existsSync(path.join(folder, 'memory.events'))) return false;
    const kills = /^oom_kill (\d+)$/m.exec(readFileSync(path.join(folder, 'memory.events'), 'utf8'));
    return Number(kills?.[1] ?? 0) > 0;
  }

  release(taskId: string): void {
    this.coresOf.delete(taskId);
    const folder = this.folderOf(taskId);
    if (folder === undefined) return;
    try {
      rmdirSync(folder);
    } catch {
      // It holds a process that ends late, or never existed; an empty cgroup costs nothing.
    }
  }

  private folderOf(taskId: string): string | undefined {
    return this.base === undefined ? undefined : path.join(this.base, taskId);
  }

  /** A cgroup of our own with both controllers; undefined where that is not allowed, or not version 2. */
  private prepare(name: string): string | undefined {
    try {
      const controllers = readFileSync(path.join(this.root, 'cgroup.controllers'), 'utf8').split(/\s+/);
      if (!controllers.includes('memory') || !controllers.includes('cpu')) return undefined;
      writeFileSync(path.join(this.root, 'cgroup.subtree_control'), '+cpu +memory');
      const base = path.join(this.root, name);
      mkdirSync(base, { recursive: true });
      writeFileSync(path.join(base, 'cgroup.subtree_control'), '+cpu +memory');
      return base;
    } catch {
      return undefined;
    }
  }

  private limitByCgroup(folder: string, { cpuMilli, memoryMiB }: LimitedTask): boolean {
    try {
      mkdirSync(folder, { recursive: true });
      const quota = cpuMilli > 0 ? String(Math.max(1000, (cpuMilli * CPU_PERIOD_US) / 1000)) : 'max';
      writeFileSync(path.join(folder, 'cpu.max'), `${quota} ${CPU_PERIOD_US}`);
      writeFileSync(path.join(folder, 'memory.max'), memoryMiB > 0 ? String(memoryMiB * 2 ** 20) : 'max');
      writeFileSync(path.join(folder, 'memory.oom.group'), '1');
      return true;
    } catch {
      return false;
    }
  }

  private prefixFor({ taskId, cpuMilli }: LimitedTask): readonly string[] {
    const wanted = Math.ceil(cpuMilli / 1000);
    const niceness = cpuMilli > 0 && cpuMilli < 1000 && this.nice ? [this.nice, '-n', NICENESS] : [];
    if (wanted < 1 || wanted >= this.cores || !this.taskset) return niceness;
    const chosen = this.leastUsed(wanted);
    this.coresOf.set(taskId, chosen);
    return [this.taskset, '-c', chosen.join(','), ...niceness];
  }

  private leastUsed(count: number): readonly number[] {
    const uses = Array.from({ length: this.cores }, () => 0);
    for (const core of [...this.coresOf.values()].flat()) uses[core] = (uses[core] ?? 0) + 1;
    return uses
      .map((use, core) => ({ use, core }))
      .sort((a, b) => a.use - b.use || a.core - b.core)
      .slice(0, count)
      .map(({ core }) => core);
  }
}
