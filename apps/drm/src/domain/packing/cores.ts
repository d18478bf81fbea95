import { WHOLE_GPU } from '../capacity';
import type { Columns } from './columns';
import { isShare, type DemandClass, type Mix } from './mix';

/** GPUs are counted in twelfths here: halves, thirds and quarters of a GPU are what slices are worth. */
const TWELFTHS = 12;
const MICRO = 1_000_000;
/** What rounding down may have taken from a price. */
const SLACK = 100;
const STEPS = 256;
/** Classes rarer than this share of the jobs, in thousandths, are not counted on. */
const COMMON = 4;
const ITEMS_MAX = 64;

interface Item {
  readonly twelfths: number;
  readonly steps: number;
}

/**
 * Which CPU of a node the mix can use up, given what is left of its GPUs: what no set of jobs adds up to is wasted, as
 * soon as CPU is what runs out. A knapsack with the GPUs as its other bound, worked out once for all nodes.
 */
export class Cores {
  /** For each node, milli-cores that are wasted now. */
  private readonly now: Float64Array;
  private readonly twelfths: Int32Array;
  /** Twelfths of a GPU that a remainder is worth. */
  private readonly worth: Uint8Array;
  private readonly step: number;
  /** Steps of CPU that can be used, by twelfths and steps that are there. */
  private readonly usable: Uint16Array;

  constructor(
    private readonly columns: Columns,
    mix: Mix,
    residual: Float64Array,
  ) {
    const most = columns.cpuTotal.reduce((max, cpu) => Math.max(max, cpu), 1);
    this.step = Math.ceil(most / STEPS);
    this.worth = Uint8Array.from(residual, (micro) => Math.floor((micro * TWELFTHS + SLACK) / MICRO));
    this.usable = this.fill(this.itemsOf(mix, residual));
    this.now = new Float64Array(columns.count);
    this.twelfths = new Int32Array(columns.count);
    for (let at = 0; at < columns.count; at += 1) this.refresh(at);
  }

  /** The node has changed. */
  refresh(at: number): void {
    const { free, stride, gpus, cpu } = this.columns;
    let sum = 0;
    for (let gpu = 0; gpu < (gpus[at] ?? 0); gpu += 1) sum += this.worth[free[at * stride + gpu] ?? 0] ?? 0;
    this.twelfths[at] = sum;
    this.now[at] = this.wasted(sum, cpu[at] ?? 0);
  }

  /** Milli-cores wasted more, if this much CPU is left and the GPUs are worth so many twelfths less. */
  moreWasted(at: number, cpuLeft: number, twelfths: number): number {
    return this.wasted((this.twelfths[at] ?? 0) - twelfths, cpuLeft) - (this.now[at] ?? 0);
  }

  /** Twelfths that a GPU loses by a share of it. */
  lostBy(free: number, gpuMilli: number): number {
    return (this.worth[free] ?? 0) - (this.worth[free - gpuMilli] ?? 0);
  }

  /** Twelfths that whole GPUs are worth. */
  ofWhole(gpus: number): number {
    return gpus * (this.worth[WHOLE_GPU] ?? TWELFTHS);
  }

  private wasted(twelfths: number, cpu: number): number {
    const steps = Math.min(STEPS, Math.floor(cpu / this.step));
    return cpu - (this.usable[Math.max(0, twelfths) * (STEPS + 1) + steps] ?? 0) * this.step;
  }

  private itemsOf(mix: Mix, residual: Float64Array): readonly Item[] {
    const twelfthsOf = (one: DemandClass): number =>
      isShare(one) ? one.gpus * Math.max(1, Math.ceil(((residual[one.gpuMilli] ?? 0) * TWELFTHS) / MICRO)) : one.gpus * TWELFTHS; // prettier-ignore
    const total = mix.reduce((sum, { count }) => sum + count, 0);
    const counts = new Map<string, Item & { count: number }>();
    for (const one of mix) {
      const item = { twelfths: twelfthsOf(one), steps: Math.round(one.cpuMilli / this.step) };
      const key = `${item.twelfths}|${item.steps}`;
      counts.set(key, { ...item, count: (counts.get(key)?.count ?? 0) + one.count });
    }
    return [...counts.values()]
      .filter(({ count, steps }) => steps > 0 && steps <= STEPS && count * 1000 >= COMMON * total)
      .sort((a, b) => b.count - a.count || a.twelfths - b.twelfths || a.steps - b.steps)
      .slice(0, ITEMS_MAX);
  }

  private fill(items: readonly Item[]): Uint16Array {
    const width = STEPS + 1;
    const usable = new Uint16Array((this.columns.stride * TWELFTHS + 1) * width);
    for (let here = 0; here < usable.length; here += 1) {
      const row = Math.floor(here / width);
      const steps = here % width;
      let best = Math.max(row > 0 ? (usable[here - width] ?? 0) : 0, steps > 0 ? (usable[here - 1] ?? 0) : 0);
      for (const item of items) {
        if (item.twelfths > row || item.steps > steps) continue;
        best = Math.max(best, item.steps + (usable[here - item.twelfths * width - item.steps] ?? 0));
      }
      usable[here] = best;
    }
    return usable;
  }
}
