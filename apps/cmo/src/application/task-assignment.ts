import type { AllocationShare } from '@solyx/contracts';
import { derivePrefixedId } from '@solyx/kernel';
import type { TaskAssigned } from '@solyx/contracts/cmo';
import type { Attempt, Job, Rank } from '../domain/job-state';

/** Thousandths. */
const WHOLE_GPU = 1000;

/** The same attempt and rank is the same task, everywhere and for ever. */
export const taskIdOf = (jobId: string, attempt: number, rank: number): string =>
  derivePrefixedId('task', jobId, attempt, rank);

/** What of its GPUs it holds, where it does not hold them whole. */
function partsOf({
  gpuIndexes,
  gpuMilli,
  mig,
  pool,
}: AllocationShare): Pick<TaskAssigned['data'], 'gpuMilli' | 'mig' | 'pool'> {
  return {
    ...(gpuMilli === gpuIndexes.length * WHOLE_GPU ? {} : { gpuMilli }),
    ...(mig === undefined ? {} : { mig }),
    ...(pool === undefined ? {} : { pool }),
  };
}

/** What the node of a rank needs to know; undefined where the allocation has no such rank. */
export function assignmentOf(job: Job, attempt: Attempt, { rank }: Rank, at: string): TaskAssigned['data'] | undefined {
  const share = attempt.allocation.shares.find((one) => one.rank === rank);
  const { spec, jobId, organizationId } = job;
  if (!share || !spec) return undefined;
  return {
    taskId: taskIdOf(jobId, attempt.attempt, rank),
    ...{ jobId, organizationId, attempt: attempt.attempt, rank, ranks: attempt.ranks.length },
    nodeId: share.nodeId,
    executor: share.executor,
    command: spec.command,
    env: spec.env,
    ...(spec.workdir === undefined ? {} : { workdir: spec.workdir }),
    gpuIndexes: share.gpuIndexes,
    ...partsOf(share),
    cpuMilli: share.cpuMilli,
    memoryMiB: share.memoryMiB,
    stopAfterSeconds: attempt.stopAfterSeconds,
    ...(spec.checkpoint === undefined ? {} : { checkpoint: spec.checkpoint }),
    ...(spec.simulation === undefined || !share.simulated ? {} : { simulation: spec.simulation }),
    at,
  };
}
