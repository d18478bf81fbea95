import { WHOLE_GPU } from '../capacity';

/** What packing needs to know of a node: all of it free at first. */
export interface PackNode {
  readonly cpuMilli: number;
  readonly memoryMiB: number;
  readonly gpus: number;
  /** GPU model; empty where it has none. */
  readonly model: string;
}

/** What is free on a node now. `gpuFree` is by place of the GPU, in thousandths. */
export interface PackFree {
  readonly gpuFree: ArrayLike<number>;
  readonly cpuFree: number;
  readonly memoryFree: number;
}

/** What one job takes on one node. `gpuMilli` is per GPU. */
export interface PackShape {
  readonly cpuMilli: number;
  readonly memoryMiB: number;
  readonly gpus: number;
  readonly gpuMilli: number;
}

/**
 * What is free on each node, one typed array per quantity: a decision reads a few numbers of many nodes, and these lie
 * side by side in memory. Places are in the order of rank: of equal scores the earlier place wins.
 */
export class Columns {
  readonly count: number;
  /** GPUs of the largest node: the distance between two nodes in `free`. */
  readonly stride: number;
  readonly models: readonly string[];
  readonly model: Uint16Array;
  readonly gpus: Uint8Array;
  readonly free: Int32Array;
  readonly cpu: Float64Array;
  readonly memory: Float64Array;
  readonly cpuTotal: Float64Array;
  /** Sum of what is free of its GPUs, in thousandths. */
  readonly milli: Int32Array;
  /** GPUs of which nothing is taken. */
  readonly whole: Uint8Array;

  constructor(nodes: readonly PackNode[]) {
    this.count = nodes.length;
    this.stride = nodes.reduce((most, { gpus }) => Math.max(most, gpus), 1);
    this.models = [...new Set(nodes.map(({ model }) => model))].sort();
    const places = new Map(this.models.map((model, place) => [model, place]));
    this.model = Uint16Array.from(nodes, ({ model }) => places.get(model) ?? 0);
    this.gpus = Uint8Array.from(nodes, ({ gpus }) => gpus);
    this.cpuTotal = Float64Array.from(nodes, ({ cpuMilli }) => cpuMilli);
    this.cpu = this.cpuTotal.slice();
    this.memory = Float64Array.from(nodes, ({ memoryMiB }) => memoryMiB);
    this.free = new Int32Array(this.count * this.stride);
    this.milli = new Int32Array(this.count);
    this.whole = new Uint8Array(this.count);
    for (let at = 0; at < this.count; at += 1) {
      const gpus = this.gpus[at] ?? 0;
      this.free.fill(WHOLE_GPU, at * this.stride, at * this.stride + gpus);
      this.milli[at] = gpus * WHOLE_GPU;
      this.whole[at] = gpus;
    }
  }

  /** Bytes that one node costs, without the scores of shapes. */
  get bytesPerNode(): number {
    return 2 + 1 + 4 * this.stride + 8 + 8 + 8 + 4 + 1;
  }

  freeOn(at: number): PackFree {
    const from = at * this.stride;
    const gpuFree = this.free.slice(from, from + (this.gpus[at] ?? 0));
    return { gpuFree, cpuFree: this.cpu[at] ?? 0, memoryFree: this.memory[at] ?? 0 };
  }

  /** Takes over what is free on a node, and tells whether anything is otherwise than before. */
  set(at: number, { gpuFree, cpuFree, memoryFree }: PackFree): boolean {
    const gpus = this.gpus[at] ?? 0;
    const from = at * this.stride;
    let changed = this.cpu[at] !== cpuFree || this.memory[at] !== memoryFree;
    let milli = 0;
    let whole = 0;
    for (let gpu = 0; gpu < gpus; gpu += 1) {
      const left = gpuFree[gpu] ?? 0;
      if (this.free[from + gpu] !== left) changed = true;
      this.free[from + gpu] = left;
      milli += left;
      if (left === WHOLE_GPU) whole += 1;
    }
    this.cpu[at] = cpuFree;
    this.memory[at] = memoryFree;
    this.milli[at] = milli;
    this.whole[at] = whole;
    return changed;
  }

  /** Takes (`sign` 1) or gives back (`sign` -1) what a job holds on a node. */
  change(at: number, shape: PackShape, gpus: readonly number[], sign: 1 | -1): void {
    const from = at * this.stride;
    for (const gpu of gpus) {
      const before = this.free[from + gpu] ?? 0;
      const after = before - sign * shape.gpuMilli;
      this.free[from + gpu] = after;
      this.milli[at] = (this.milli[at] ?? 0) - sign * shape.gpuMilli;
      const opened = before === WHOLE_GPU ? 1 : 0;
      this.whole[at] = (this.whole[at] ?? 0) - opened + (after === WHOLE_GPU ? 1 : 0);
    }
    this.cpu[at] = (this.cpu[at] ?? 0) - sign * shape.cpuMilli;
    this.memory[at] = (this.memory[at] ?? 0) - sign * shape.memoryMiB;
  }
}
