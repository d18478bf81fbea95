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

/** Thousandths of one GPU that MPS lets a process use, in percent; whole ones need no limit. */
const percentOf = ({ gpuMilli, gpuIndexes }: Task): number | undefined =>
  gpuMilli === undefined || gpuIndexes.length === 0
    ? undefined
    : Math.max(1, Math.floor(gpuMilli / gpuIndexes.length / 10));

/**
 * What a task may see of the GPUs: slices by their MIG ids, as CUDA wants them, else whole GPUs by index. Where a pool is
 * shared side by side, the part of each GPU goes to CUDA MPS (NVIDIA Multi-Process Service: one control daemon per node,
 * which the operator runs); where it is shared by turns, the driver takes the turns and the task is told how long one is.
 */
export function gpuEnvironment(task: Task): Record<string, string> {
  const { gpuIndexes, mig, pool } = task;
  const slices = mig?.flatMap(({ uuid }) => (uuid === undefined ? [] : [uuid]));
  const gpus = (slices ?? gpuIndexes).join(',');
  const percent = pool?.sharing === 'spatial' ? percentOf(task) : undefined;
  return {
    CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
    CUDA_VISIBLE_DEVICES: gpus,
    NVIDIA_VISIBLE_DEVICES: gpus === '' ? 'void' : gpus,
    ...(mig === undefined ? {} : { SOLYX_MIG: mig.map(({ profile }) => profile).join(',') }),
    ...(pool === undefined ? {} : { SOLYX_GPU_POOL: pool.poolId, SOLYX_GPU_SHARING: pool.sharing }),
    ...(percent === undefined ? {} : { CUDA_MPS_ACTIVE_THREAD_PERCENTAGE: String(percent) }),
    ...(pool?.quantumMs === undefined ? {} : { SOLYX_GPU_QUANTUM_MS: String(pool.quantumMs) }),
  };
}

export async function environmentOf(task: Task, places: Places): Promise<Record<string, string>> {
  const inherited: Record<string, string> = { PATH: DEFAULT_PATH };
  for (const name of INHERITED) {
    const value = process.env[name];
    if (value !== undefined) inherited[name] = value;
  }
  const checkpoint = checkpointPath(task, places);
  if (checkpoint !== undefined) await mkdir(path.dirname(checkpoint), { recursive: true, mode: 0o700 });
  return {
    ...inherited,
    ...task.env,
    ...gpuEnvironment(task),
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
