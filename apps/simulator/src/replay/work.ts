/** What is replayed: work that came, and nodes that it may run on. Times are whole seconds. */
export interface ReplayJob {
  readonly jobId: string;
  /** Whose it is: quotas and fair shares are by queue. */
  readonly queue: string;
  /** Named in the report; waits are told by it. */
  readonly kind: string;
  /** Higher goes first. */
  readonly priority: number;
  readonly arrivedAt: number;
  /** How long it runs once it has begun. */
  readonly seconds: number;
  readonly nodes: number;
  /** Per node. */
  readonly gpus: number;
  /** Per GPU; 1,000 is a whole one. */
  readonly gpuMilli: number;
  readonly cpuMilli: number;
  readonly memoryMiB: number;
  /** GPU models it may use, sorted; undefined: any. */
  readonly models: readonly string[] | undefined;
}

export interface ReplayNode {
  readonly name: string;
  readonly cpuMilli: number;
  readonly memoryMiB: number;
  readonly gpus: number;
  readonly model: string;
  /** What one of its GPUs costs per hour, micro-USD. */
  readonly gpuHourMicroUsd: number;
}

export interface ReplayQueue {
  readonly name: string;
  /** Its share of the GPUs, per mille; what is over it is borrowed. */
  readonly nominalPerMille: number;
}

/** Work that asks for the same. */
export const classKey = ({ nodes, gpus, gpuMilli, cpuMilli, memoryMiB, models }: ReplayJob): string =>
  `${nodes}|${gpus}|${gpuMilli}|${cpuMilli}|${memoryMiB}|${models?.join('+') ?? ''}`;

export const milliOf = ({ nodes, gpus, gpuMilli }: Pick<ReplayJob, 'nodes' | 'gpus' | 'gpuMilli'>): number =>
  nodes * gpus * gpuMilli;
