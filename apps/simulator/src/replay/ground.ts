import { packing } from '@solyx/drm';
import { classKey, type ReplayJob, type ReplayNode } from './work';

/** Work that asks for the same, and the nodes as it sees them. */
export interface JobClass {
  readonly id: number;
  readonly sample: ReplayJob;
  readonly terms: packing.Terms;
}

/** Where a job runs: places of the nodes, and the GPUs on each. */
export interface Stay {
  readonly nodes: readonly number[];
  readonly gpus: readonly (readonly number[])[];
}

/** Micro-GPU that a slice is worth, by its size: what the product records with `shadow-prices-observed`. */
export type SlicePrices = readonly packing.SlicePrice[];

/** The classes of the jobs, counted: from them the packing engine learns what work comes. */
export function mixOf(jobs: readonly ReplayJob[]): packing.Mix {
  const counts = new Map<string, { -readonly [K in keyof packing.DemandClass]: packing.DemandClass[K] }>();
  for (const job of jobs) {
    const key = classKey(job);
    const known = counts.get(key);
    if (known) known.count += 1;
    else {
      const { gpus, gpuMilli, cpuMilli, memoryMiB, models } = job;
      counts.set(key, { gpus, gpuMilli, cpuMilli, memoryMiB, models, count: 1 });
    }
  }
  return [...counts.values()].sort(packing.order);
}

function learn(
  nodes: readonly ReplayNode[],
  mix: packing.Mix,
  slices: SlicePrices,
  weights: packing.Weights,
): packing.Learnt {
  const models = [...new Set(nodes.map(({ model }) => model))].sort();
  const capacity = new Map(models.map((model) => [model, 0]));
  for (const { model, gpus } of nodes) capacity.set(model, (capacity.get(model) ?? 0) + gpus * 1_000);
  const scarcity = packing.scarcityOf(mix, capacity);
  const prices = {
    residual: packing.residualValues(slices),
    scarcity: models.map((model) => scarcity.get(model) ?? 0),
    watts: models.map(() => 0),
    cpuScarcity: packing.cpuScarcityOf(mix, {
      cpuMilli: nodes.reduce((sum, { cpuMilli }) => sum + cpuMilli, 0),
      gpuMilli: nodes.reduce((sum, { gpus }) => sum + gpus * 1_000, 0),
    }),
    coreMilliPerGpu: packing.coresPerGpuOf(mix, weights),
  };
  return { mix, prices, weights };
}

/** The nodes and what is free on them, seen through the product's packing engine. */
export class Ground {
  readonly capacityMilli: number;
  readonly cpuMilli: number;
  readonly memoryMiB: number;
  private readonly engine: packing.Packing;
  private readonly classes = new Map<string, JobClass>();
  private readonly byId: JobClass[] = [];

  constructor(
    readonly nodes: readonly ReplayNode[],
    mix: packing.Mix,
    slices: SlicePrices,
    weights: packing.Weights,
  ) {
    this.engine = new packing.Packing(nodes, learn(nodes, mix, slices, weights));
    const sum = (of: (node: ReplayNode) => number): number => nodes.reduce((all, node) => all + of(node), 0);
    this.capacityMilli = sum(({ gpus }) => gpus * 1_000);
    this.cpuMilli = sum(({ cpuMilli }) => cpuMilli);
    this.memoryMiB = sum(({ memoryMiB }) => memoryMiB);
  }

  get all(): readonly JobClass[] {
    return this.byId;
  }

  classOf(job: ReplayJob): JobClass {
    const key = classKey(job);
    const known = this.classes.get(key);
    if (known) return known;
    const { gpus, gpuMilli, cpuMilli, memoryMiB, models } = job;
    const wanted = models && new Set(models);
    const allowed = wanted ? (at: number): boolean => wanted.has(this.nodes[at]?.model ?? '') : (): boolean => true;
    const made = {
      id: this.byId.length,
      sample: job,
      terms: { shape: { gpus, gpuMilli, cpuMilli, memoryMiB }, allowed },
    };
    this.classes.set(key, made);
    this.byId.push(made);
    return made;
  }

  /** Takes room for a job on as many nodes as it needs, or on none. */
  place({ sample, terms }: JobClass): Stay | undefined {
    const view = this.engine.view(terms);
    const nodes: number[] = [];
    const gpus: (readonly number[])[] = [];
    while (nodes.length < sample.nodes) {
      const choice = this.engine.choose(view);
      if (!choice) {
        this.leave({ nodes, gpus }, terms.shape);
        return undefined;
      }
      this.engine.take(choice.at, terms.shape, choice.gpus);
      nodes.push(choice.at);
      gpus.push(choice.gpus);
    }
    return { nodes, gpus };
  }

  leave({ nodes, gpus }: Stay, shape: packing.PackShape): void {
    nodes.forEach((at, place) => {
      this.engine.giveBack(at, shape, gpus[place] ?? []);
    });
  }

  freeMilli(at: number): number {
    return this.engine.columns.milli[at] ?? 0;
  }

  /** Has the node room for one share of the class now? */
  fits({ terms: { shape, allowed } }: JobClass, at: number): boolean {
    const { cpu, memory, whole, free, gpus, stride } = this.engine.columns;
    if ((cpu[at] ?? 0) < shape.cpuMilli || (memory[at] ?? 0) < shape.memoryMiB || !allowed(at)) return false;
    if (shape.gpus === 0) return true;
    if (shape.gpuMilli >= 1_000) return (whole[at] ?? 0) >= shape.gpus;
    let able = 0;
    for (let gpu = 0; gpu < (gpus[at] ?? 0); gpu += 1) if ((free[at * stride + gpu] ?? 0) >= shape.gpuMilli) able += 1;
    return able >= shape.gpus;
  }

  /** Would it have room once these leave? */
  fitsWithout(
    jobClass: JobClass,
    at: number,
    leaving: readonly { readonly shape: packing.PackShape; readonly gpus: readonly number[] }[],
  ): boolean {
    const { cpu, memory, free, gpus, stride } = this.engine.columns;
    const { shape, allowed } = jobClass.terms;
    const sum = (of: (shape: packing.PackShape) => number): number =>
      leaving.reduce((all, one) => all + of(one.shape), 0);
    const cpuFree = (cpu[at] ?? 0) + sum(({ cpuMilli }) => cpuMilli);
    const memoryFree = (memory[at] ?? 0) + sum(({ memoryMiB }) => memoryMiB);
    if (cpuFree < shape.cpuMilli || memoryFree < shape.memoryMiB || !allowed(at)) return false;
    let able = 0;
    for (let gpu = 0; gpu < (gpus[at] ?? 0); gpu += 1) {
      const back = leaving.reduce((all, one) => all + (one.gpus.includes(gpu) ? one.shape.gpuMilli : 0), 0);
      if ((free[at * stride + gpu] ?? 0) + back >= shape.gpuMilli) able += 1;
    }
    return able >= shape.gpus;
  }
}
