import { WHOLE_GPU } from '../capacity';
import type { Columns } from './columns';
import { isShare, type WeightedClass } from './mix';

/** CPU is told apart more finely than memory, which seldom decides. */
const CPU_LEVELS_MAX = 64;
const MEMORY_LEVELS_MAX = 16;
const STEPS = 2048;

/** Finds how many of a row of sorted thresholds a value reaches, by one lookup: steps below the exact place, never above. */
class Levels {
  readonly thresholds: readonly number[];
  private readonly step: number;
  private readonly reached: Uint8Array;
  private readonly most: number;

  constructor(values: readonly number[], levels: number) {
    const sorted = [...new Set(values)].sort((a, b) => a - b);
    const each = Math.max(1, Math.ceil(sorted.length / levels));
    this.thresholds = sorted.filter((_, place) => (place + 1) % each === 0 || place === sorted.length - 1);
    this.most = this.thresholds[this.thresholds.length - 1] ?? 0;
    this.step = Math.max(1, Math.ceil(this.most / STEPS));
    this.reached = new Uint8Array(STEPS + 1);
    for (let place = 0; place <= STEPS; place += 1) {
      this.reached[place] = this.thresholds.filter((one) => one <= place * this.step).length;
    }
  }

  get count(): number {
    return this.thresholds.length + 1;
  }

  levelOf(value: number): number {
    return value >= this.most ? this.thresholds.length : (this.reached[Math.floor(value / this.step)] ?? 0);
  }

  /** The largest threshold that this level reaches; below all of them where it reaches none. */
  floorOf(level: number): number {
    return level <= 0 ? -1 : (this.thresholds[level - 1] ?? -1);
  }
}

const NOTHING = new Float64Array(0);

/**
 * How much of what is free on a node the mix can use: the opposite of FGD's fragmentation (Weng et al., ATC 2023), over
 * all classes and not cut to whole numbers. For each class that CPU, memory and model allow, a share can use the GPUs
 * with enough left, and a job of whole GPUs all whole ones if there are enough of them; the sum is weighted by the mix.
 *
 * The classes are grouped by the size of their slice, so the answer is one number per GPU, looked up by what is free
 * of it. Unit: thousandths of a GPU × millionths of the mix, which is 10⁻⁹ GPU.
 */
export class Room {
  readonly slots: number;
  /** How many slice sizes a remainder holds at least one of. */
  readonly slotOf: Uint16Array;
  private readonly cpus: Levels;
  private readonly memories: Levels;
  private readonly tables: (Float64Array | undefined)[];

  constructor(
    private readonly columns: Columns,
    private readonly classes: readonly WeightedClass[],
  ) {
    const singles = classes.filter(({ gpus }) => gpus === 1).map(({ gpuMilli }) => gpuMilli);
    const sizes = [...new Set([...singles, ...classes.map(({ gpuMilli }) => gpuMilli), WHOLE_GPU])].sort(
      (a, b) => a - b,
    );
    this.slots = sizes.length + 1;
    this.slotOf = new Uint16Array(WHOLE_GPU + 1);
    for (let free = 0; free <= WHOLE_GPU; free += 1) {
      this.slotOf[free] = sizes.filter((size) => size <= free).length;
    }
    this.cpus = new Levels(
      classes.map(({ cpuMilli }) => cpuMilli),
      CPU_LEVELS_MAX,
    );
    this.memories = new Levels(
      classes.map(({ memoryMiB }) => memoryMiB),
      MEMORY_LEVELS_MAX,
    );
    this.tables = new Array<Float64Array | undefined>(columns.models.length * this.cpus.count * this.memories.count);
  }

  /** Weights by slot, and behind them by number of whole GPUs, for a node of this model with this much CPU and memory. */
  tableFor(cpuMilli: number, memoryMiB: number, model: number): Float64Array {
    const cpu = this.cpus.levelOf(cpuMilli);
    const memory = this.memories.levelOf(memoryMiB);
    const place = (model * this.memories.count + memory) * this.cpus.count + cpu;
    return this.tables[place] ?? this.build(memory, model)[cpu] ?? NOTHING;
  }

  /** What the mix can use of a node, by a table that suits its CPU and memory. */
  of(at: number, table: Float64Array): number {
    const { free, stride, gpus, whole } = this.columns;
    const from = at * stride;
    const end = from + (gpus[at] ?? 0);
    let sum = 0;
    for (let place = from; place < end; place += 1) {
      const left = free[place] ?? 0;
      sum += left * (table[this.slotOf[left] ?? 0] ?? 0);
    }
    return sum + this.ofWhole(whole[at] ?? 0, table);
  }

  /** What jobs of several GPUs can use of so many whole ones. */
  ofWhole(whole: number, table: Float64Array): number {
    return whole * WHOLE_GPU * (table[this.slots + whole] ?? 0);
  }

  /** What the mix can use of this much of one GPU, jobs of several GPUs apart. */
  ofGpu(left: number, table: Float64Array): number {
    return left * (table[this.slotOf[left] ?? 0] ?? 0);
  }

  /** The tables of one model and level of memory: each level of CPU has what the one below has, and its own classes. */
  private build(memory: number, model: number): readonly Float64Array[] {
    const { stride, models } = this.columns;
    const width = this.slots + stride + 1;
    const name = models[model] ?? '';
    const fitting = this.classes.filter(
      (one) => one.memoryMiB <= this.memories.floorOf(memory) && (one.models?.includes(name) ?? true),
    );
    const first = (model * this.memories.count + memory) * this.cpus.count;
    let below = new Float64Array(width);
    for (let cpu = 0; cpu < this.cpus.count; cpu += 1) {
      const table = below.slice();
      const from = this.cpus.floorOf(cpu - 1);
      const to = this.cpus.floorOf(cpu);
      for (const one of fitting) if (one.cpuMilli > from && one.cpuMilli <= to) this.add(one, table);
      this.tables[first + cpu] = table;
      below = table;
    }
    return this.tables.slice(first, first + this.cpus.count).map((table) => table ?? NOTHING);
  }

  private add(one: WeightedClass, table: Float64Array): void {
    const isSingle = one.gpus === 1 || isShare(one);
    const from = isSingle ? (this.slotOf[one.gpuMilli] ?? 0) : this.slots + one.gpus;
    const end = isSingle ? this.slots : table.length;
    for (let slot = from; slot < end; slot += 1) table[slot] = (table[slot] ?? 0) + one.weight;
  }
}
