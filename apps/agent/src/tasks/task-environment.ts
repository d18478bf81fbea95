import { existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { TaskAssigned } from '@solyx/contracts/cmo';
import { findProgram } from '../adapters/resource-limits';

type Task = TaskAssigned['data'];

/** What a task may know of the agent's own environment: enough to find programs, no secrets. */
const INHERITED = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'LD_LIBRARY_PATH'];
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export interface Places {
  readonly nodeId: string;
  /** Folder of relative checkpoint paths, by job: the next attempt on this node finds what the former one left. */
  readonly checkpoints: string;
}

/** A path of its own for each job, outside the task's folder, or the absolute one that the job names. */
export function checkpointPath(task: Task, { checkpoints }: Places): string | undefined {
  if (!task.checkpoint) return undefined;
  if (path.isAbsolute(task.checkpoint.path)) return task.checkpoint.path;
  const root = path.join(checkpoints, task.jobId);
  const resolved = path.resolve(root, task.checkpoint.path);
  // A path that climbs out of its folder stays in it.
  return resolved === root || resolved.startsWith(root + path.sep) ? resolved : root;
}

export async function environmentOf(task: Task, places: Places): Promise<Record<string, string>> {
  const inherited: Record<string, string> = { PATH: DEFAULT_PATH };
  for (const name of INHERITED) {
    const value = process.env[name];
    if (value !== undefined) inherited[name] = value;
  }
  const gpus = task.gpuIndexes.join(',');
  const checkpoint = checkpointPath(task, places);
  if (checkpoint !== undefined) await mkdir(path.dirname(checkpoint), { recursive: true, mode: 0o700 });
  return {
    ...inherited,
    ...task.env,
    CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
    CUDA_VISIBLE_DEVICES: gpus,
    NVIDIA_VISIBLE_DEVICES: gpus === '' ? 'void' : gpus,
    SOLYX_JOB_ID: task.jobId,
    SOLYX_TASK_ID: task.taskId,
    SOLYX_ATTEMPT: String(task.attempt),
    SOLYX_RANK: String(task.rank),
    SOLYX_RANKS: String(task.ranks),
    SOLYX_NODE_ID: places.nodeId,
    ...(checkpoint === undefined ? {} : { SOLYX_CHECKPOINT: checkpoint }),
  };
}

/** Why the command cannot be started here, in words for its author; undefined where it can. */
export function whyNotStartable(
  task: Task,
  env: Readonly<Record<string, string>>,
  workdir: string,
): string | undefined {
  const [program = ''] = task.command;
  if (program === '') return 'the command is empty';
  if (task.command.some((word) => word.includes('\0'))) return 'the command holds a NUL character';
  if (!existsSync(workdir) || !statSync(workdir).isDirectory()) return `workdir ${workdir} is no folder on this node`;
  const found = program.includes('/')
    ? findProgram(path.basename(program), path.resolve(workdir, path.dirname(program)))
    : findProgram(program, env['PATH'] ?? DEFAULT_PATH);
  return found === undefined ? `${program} is no program on this node` : undefined;
}
