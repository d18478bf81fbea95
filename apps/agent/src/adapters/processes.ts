import { readdirSync, readFileSync } from 'node:fs';
import { parseStat, type ProcessStat } from '../domain/proc-stat';

const PROC = '/proc';
const PAGE_BYTES = 4096;

const read = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
};

/** Linux shows processes as files; elsewhere the agent knows only those that it started itself. */
export const hasProc = read(`${PROC}/self/stat`) !== undefined;

/** Changes when the machine starts anew. */
export const bootId = (): string => read(`${PROC}/sys/kernel/random/boot_id`)?.trim() ?? 'unknown';

/** What names one process of this machine for ever. */
export interface ProcessName {
  readonly pid: number;
  readonly startTicks: string;
  readonly bootId: string;
}

export const statOf = (pid: number): ProcessStat | undefined => {
  const line = read(`${PROC}/${pid}/stat`);
  return line === undefined ? undefined : parseStat(line);
};

/** Is it still the process that started then? A number is given to another one sooner or later. */
export function isAlive({ pid, startTicks, bootId: boot }: ProcessName): boolean {
  if (!hasProc) return signal(pid, 0);
  const stat = statOf(pid);
  return boot === bootId() && stat?.startTicks === startTicks && stat.state !== 'Z' && stat.state !== 'X';
}

export function allProcesses(): readonly ProcessStat[] {
  if (!hasProc) return [];
  return readdirSync(PROC)
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(Number(name)) ?? []);
}

export interface GroupUse {
  readonly memoryMiB: number;
  readonly processes: number;
}

/** Resident memory and number of processes of each group. Memory that processes share counts for each of them. */
export function useOfGroups(): ReadonlyMap<number, GroupUse> {
  const groups = new Map<number, { bytes: number; processes: number }>();
  for (const { group, residentPages, state } of allProcesses()) {
    if (state === 'Z') continue;
    const use = groups.get(group) ?? { bytes: 0, processes: 0 };
    groups.set(group, { bytes: use.bytes + residentPages * PAGE_BYTES, processes: use.processes + 1 });
  }
  return new Map(
    [...groups].map(([group, { bytes, processes }]) => [group, { memoryMiB: Math.ceil(bytes / 2 ** 20), processes }]),
  );
}

/** False where there is no such process. */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

/**
 * Processes that belong to a task, by the variable that each of its processes inherits: also those that left the group,
 * and never one that merely got the number of a former process.
 */
export const processesOfTask = (taskId: string): readonly number[] =>
  allProcesses()
    .filter(
      ({ pid, state }) => state !== 'Z' && (read(`${PROC}/${pid}/environ`) ?? '').includes(`SOLYX_TASK_ID=${taskId}\0`),
    )
    .map(({ pid }) => pid);
