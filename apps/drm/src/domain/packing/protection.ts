import type { Columns } from './columns';
import { PPM, volumeOf, type DemandClass, type Mix } from './mix';

/** How nodes are kept whole for jobs of several GPUs. All numbers in thousandths. */
export interface ProtectionWeights {
  /** How much of the expected demand is kept room for. */
  readonly demand: number;
  /** Standard deviations of the demand on top of that. */
  readonly deviations: number;
}

/** Jobs of so many GPUs that need at least so much CPU, and how many of them come with each GPU that is asked for. */
interface Tier {
  readonly gpus: number;
  readonly cpuMilli: number;
  readonly memoryMiB: number;
  /** Jobs of this tier or a harder one, per million GPUs of demand. */
  readonly jobsPpm: number;
}

/** Bits of a mask. */
const TIERS_MAX = 24;
/** Tiers of one number of GPUs: the jobs that need the most CPU apart from those that need less. */
const TIERS_PER_SIZE = 5;

/** One tier for each fifth of the jobs of this size, those that need the most CPU first. */
function tiersOf(classes: readonly DemandClass[], total: number): readonly Tier[] {
  const hardest = [...classes].sort((a, b) => b.cpuMilli - a.cpuMilli || b.memoryMiB - a.memoryMiB);
  const all = hardest.reduce((sum, { count }) => sum + count, 0);
  const tiers: Tier[] = [];
  let seen = 0;
  let told = 0;
  let memoryMiB = 0;
  for (const { gpus, cpuMilli, memoryMiB: memory, count } of hardest) {
    seen += count;
    memoryMiB = Math.max(memoryMiB, memory);
    if ((seen - told) * TIERS_PER_SIZE < all && seen < all) continue;
    tiers.push({ gpus, cpuMilli, memoryMiB, jobsPpm: Math.floor((seen * 1000 * PPM) / total) });
    told = seen;
    memoryMiB = 0;
  }
  return tiers;
}

/**
 * Keeps the last nodes whole that jobs of several GPUs will need. How many such jobs come while what is free is asked
 * for follows from their share of the mix; as long as there are more places for them, nothing is protected. When there
 * are no more than that, to lose one of the places has a price. Small jobs still take them rather than wait.
 */
export class Protection {
  private readonly tiers: readonly Tier[];
  /** Places for each tier on each node. */
  private readonly places: readonly Int16Array[];
  private readonly sums: Float64Array;
  /** Tiers that have a place on the node, a bit each. */
  private readonly able: Int32Array;
  /** Tiers that are protected now, a bit each. */
  private active = 0;
  private freeMilli = 0;
  private readonly seen: Int32Array;

  constructor(
    private readonly columns: Columns,
    mix: Mix,
    private readonly weights: ProtectionWeights,
  ) {
    const total = mix.reduce((sum, one) => sum + one.count * volumeOf(one), 0);
    const large = mix.filter(({ gpus, count }) => gpus > 1 && count > 0);
    const sizes = [...new Set(large.map(({ gpus }) => gpus))].sort((a, b) => b - a);
    const tiers = sizes.flatMap((size) => {
      const ofSize = large.filter(({ gpus }) => gpus === size);
      return tiersOf(ofSize, total);
    });
    this.tiers = tiers.slice(0, TIERS_MAX);
    this.places = this.tiers.map(() => new Int16Array(columns.count));
    this.sums = new Float64Array(this.tiers.length);
    this.able = new Int32Array(columns.count);
    this.seen = new Int32Array(columns.count);
    for (let at = 0; at < columns.count; at += 1) this.refresh(at);
    this.settle(() => {});
  }

  /** The node has changed. */
  refresh(at: number): void {
    const { whole, cpu, memory, milli } = this.columns;
    this.freeMilli += (milli[at] ?? 0) - (this.seen[at] ?? 0);
    this.seen[at] = milli[at] ?? 0;
    let able = 0;
    for (let tier = 0; tier < this.tiers.length; tier += 1) {
      const places = this.placesFor(tier, whole[at] ?? 0, cpu[at] ?? 0, memory[at] ?? 0);
      const before = this.places[tier]?.[at] ?? 0;
      this.sums[tier] = (this.sums[tier] ?? 0) + places - before;
      const row = this.places[tier];
      if (row) row[at] = places;
      if (places > 0) able |= 1 << tier;
    }
    this.able[at] = able;
  }

  /**
   * Protects and releases tiers by what is free now, whatever was protected before, so that the same fleet has the same
   * scores however it came to be; the nodes whose score that changes are told.
   */
  settle(changed: (at: number) => void): void {
    for (let tier = 0; tier < this.tiers.length; tier += 1) {
      const bit = 1 << tier;
      const was = (this.active & bit) !== 0;
      const isActive = (this.sums[tier] ?? 0) * 1000 <= this.wantedFor(tier);
      if (isActive === was) continue;
      this.active ^= bit;
      for (let at = 0; at < this.columns.count; at += 1) if (((this.able[at] ?? 0) & bit) !== 0) changed(at);
    }
  }

  /** Is any place on the node protected? */
  isOn(at: number): boolean {
    return ((this.able[at] ?? 0) & this.active) !== 0;
  }

  /** GPUs of protected places that are lost if this is what is left of the node. */
  lossOf(at: number, whole: number, cpuLeft: number, memoryLeft: number): number {
    let tiers = (this.able[at] ?? 0) & this.active;
    let most = 0;
    for (let tier = 0; tiers !== 0; tier += 1, tiers >>= 1) {
      if ((tiers & 1) === 0) continue;
      const lost = (this.places[tier]?.[at] ?? 0) - this.placesFor(tier, whole, cpuLeft, memoryLeft);
      most = Math.max(most, lost * (this.tiers[tier]?.gpus ?? 0));
    }
    return most;
  }

  private placesFor(tier: number, whole: number, cpu: number, memory: number): number {
    const wanted = this.tiers[tier];
    if (!wanted || whole < wanted.gpus || cpu < wanted.cpuMilli || memory < wanted.memoryMiB) return 0;
    const byGpus = Math.floor(whole / wanted.gpus);
    const byCpu = wanted.cpuMilli === 0 ? byGpus : Math.floor(cpu / wanted.cpuMilli);
    const byMemory = wanted.memoryMiB === 0 ? byGpus : Math.floor(memory / wanted.memoryMiB);
    return Math.min(byGpus, byCpu, byMemory);
  }

  /** Places to keep, in thousandths: the jobs expected while what is free is asked for, and a margin. */
  private wantedFor(tier: number): number {
    const expected = Math.floor((this.freeMilli * (this.tiers[tier]?.jobsPpm ?? 0)) / PPM);
    const deviation = Math.floor(Math.sqrt(expected * 1000));
    return Math.floor((expected * this.weights.demand + deviation * this.weights.deviations) / 1000);
  }
}
