import { WHOLE_GPU } from '../capacity';
import { NEVER } from './candidates';
import type { Columns, PackShape } from './columns';
import type { Cores } from './cores';
import type { Prices } from './prices';
import type { Protection } from './protection';
import type { Room } from './room';
import type { KindWeights, Weights } from './weights';

/** Opinions of the engine, in the order in which an explanation shows them. */
export const TERMS = [
  'room',
  'slice-price',
  'stranded-gpu',
  'wasted-cpu',
  'fit',
  'whole-node',
  'scarce-model',
  'power',
] as const;
const [ROOM, SLICE, STRANDED, WASTED, FIT, BREAKS, SCARCE, POWER] = [0, 1, 2, 3, 4, 5, 6, 7] as const;

const MICRO = 1_000_000;
/** Added to the free GPUs where cores are divided by them, since they may be none. */
const HALF_GPU = 500;
const CORES_PER_GPU_MAX = 60;
const CORES_PER_NODE = 128;
const GPUS_PER_NODE = 8;
/** The published power model: a socket of 32 cores draws 120 W as soon as one of them works, else 15 W. */
const SOCKET_MILLI = 32_000;
const SOCKET_WATTS = 105;
const NO_GPUS: readonly number[] = [];
/** All GPUs of a node may be used. */
export const ALL = -1;

/** A weight in thousandths times micro-GPU, down to a whole number. */
const weigh = (weight: number, micro: number): number => (weight === 0 ? 0 : Math.floor((weight * micro) / 1000));

/**
 * What one job is worth on one node: a whole number of micro-GPU, more is better, the sum of a few terms. Only the
 * node's columns and the prices are read, so a score stays right until the node changes. Every number is whole and
 * below 2^53, so that it is the same on every machine.
 */
export class Appraisal {
  /** Terms of the last score. */
  readonly terms = new Float64Array(TERMS.length);
  /** For each node, what the mix can use of it now. */
  private readonly roomNow: Float64Array;
  /** Micro-GPU that a milli-core carries, times 1,000. */
  private readonly gpuPerCpu: number;
  /** The GPU that the last share would take. */
  private gpu = -1;
  /** Terms of one GPU of a node, and how the room changes: without the GPU that is taken, and with it. */
  private readonly trial = new Float64Array(TERMS.length);
  private change = 0;
  private gain = 0;

  constructor(
    private readonly columns: Columns,
    private readonly room: Room,
    private readonly protection: Protection,
    private readonly cores: Cores | undefined,
    private readonly prices: Prices,
    private readonly weights: Weights,
  ) {
    this.roomNow = new Float64Array(columns.count);
    this.gpuPerCpu = Math.floor((MICRO * 1000) / prices.coreMilliPerGpu);
    for (let at = 0; at < columns.count; at += 1) this.refresh(at);
  }

  /** The node has changed. */
  refresh(at: number): void {
    const { cpu, memory, model } = this.columns;
    this.roomNow[at] = this.room.of(at, this.room.tableFor(cpu[at] ?? 0, memory[at] ?? 0, model[at] ?? 0));
    this.cores?.refresh(at);
  }

  /** NEVER where the job does not fit. `usable` has a bit for each GPU that it may hold. */
  score(shape: PackShape, at: number, usable = ALL): number {
    const { cpu, memory, model, milli } = this.columns;
    const cpuLeft = (cpu[at] ?? 0) - shape.cpuMilli;
    const memoryLeft = (memory[at] ?? 0) - shape.memoryMiB;
    if (cpuLeft < 0 || memoryLeft < 0 || (milli[at] ?? 0) < shape.gpus * shape.gpuMilli) return NEVER;
    const table = this.room.tableFor(cpuLeft, memoryLeft, model[at] ?? 0);
    if (shape.gpus === 0) return this.cpuOnly(shape, at, table);
    if (shape.gpuMilli >= WHOLE_GPU) return this.whole(shape, at, table, usable);
    return shape.gpus === 1 ? this.share(shape, at, table, usable) : this.shares(shape, at, table, usable);
  }

  /** GPUs to hold, for a job that fits. */
  gpusFor(shape: PackShape, at: number, usable = ALL): readonly number[] {
    const { free, stride, gpus } = this.columns;
    if (shape.gpus === 0) return NO_GPUS;
    if (shape.gpuMilli < WHOLE_GPU && shape.gpus === 1) return this.score(shape, at, usable) > NEVER ? [this.gpu] : [];
    if (shape.gpuMilli < WHOLE_GPU) return this.fullest(shape, at, usable);
    const chosen: number[] = [];
    for (let gpu = 0; gpu < (gpus[at] ?? 0) && chosen.length < shape.gpus; gpu += 1) {
      if (free[at * stride + gpu] === WHOLE_GPU && isUsable(usable, gpu)) chosen.push(gpu);
    }
    return chosen;
  }

  private cpuOnly(shape: PackShape, at: number, table: Float64Array): number {
    const { terms, weights } = this;
    terms[SLICE] = 0;
    terms[FIT] = 0;
    terms[POWER] = 0;
    terms[BREAKS] = this.protected(weights.cpuOnly, shape, at);
    terms[WASTED] = this.wasted(weights.cpuOnly, shape, at, 0);
    return this.settle(weights.cpuOnly, shape, at, this.room.of(at, table) - (this.roomNow[at] ?? 0));
  }

  private whole(shape: PackShape, at: number, table: Float64Array, usable: number): number {
    const { columns, room, weights, terms } = this;
    const whole = columns.whole[at] ?? 0;
    if (whole < shape.gpus || (usable !== ALL && this.wholeOf(at, usable) < shape.gpus)) return NEVER;
    const now = room.of(at, table) - (this.roomNow[at] ?? 0);
    const gone = shape.gpus * room.ofGpu(WHOLE_GPU, table);
    const gain = now - gone + room.ofWhole(whole - shape.gpus, table) - room.ofWhole(whole, table);
    terms[SLICE] = 0;
    terms[FIT] = 0;
    terms[POWER] = this.gpuPower(weights.whole, at, shape.gpus);
    terms[BREAKS] = this.protected(weights.whole, shape, at, shape.gpus);
    terms[WASTED] = this.wasted(weights.whole, shape, at, this.cores?.ofWhole(shape.gpus) ?? 0);
    return this.settle(weights.whole, shape, at, gain);
  }

  /** The best GPU of the node for a share: by room, slice price, and what is left of it. */
  private share(shape: PackShape, at: number, table: Float64Array, usable: number): number {
    const { free, stride, gpus } = this.columns;
    const from = at * stride;
    const end = gpus[at] ?? 0;
    this.change = this.room.of(at, table) - (this.roomNow[at] ?? 0);
    let best = NEVER;
    let bestGain = 0;
    let tried = -1;
    this.gpu = -1;
    for (let gpu = 0; gpu < end; gpu += 1) {
      const before = free[from + gpu] ?? 0;
      // Of GPUs that have the same left the first is as good as any.
      if (before < shape.gpuMilli || before === tried || (usable !== ALL && !isUsable(usable, gpu))) continue;
      tried = before;
      const value = this.onGpu(shape, at, table, before);
      if (value <= best) continue;
      best = value;
      bestGain = this.gain;
      this.gpu = gpu;
      this.terms.set(this.trial);
    }
    return best === NEVER ? NEVER : this.settle(this.weights.share, shape, at, bestGain);
  }

  /** What depends on which GPU a share takes, by what is free of it: into `trial` and `gain`. */
  private onGpu(shape: PackShape, at: number, table: Float64Array, before: number): number {
    const { room, prices, trial, cores } = this;
    const weights = this.weights.share;
    const after = before - shape.gpuMilli;
    const opened = before === WHOLE_GPU ? 1 : 0;
    let gain = this.change - room.ofGpu(before, table) + room.ofGpu(after, table);
    if (opened === 1) {
      const whole = this.columns.whole[at] ?? 0;
      gain += room.ofWhole(whole - 1, table) - room.ofWhole(whole, table);
    }
    const slice = weigh(weights.slice, (prices.residual[after] ?? 0) - (prices.residual[before] ?? 0));
    const fit = weigh(weights.remainder, after * 1000) + opened * weights.opens * 1000;
    const power = this.gpuPower(weights, at, opened);
    const kept = this.protected(weights, shape, at, opened);
    const wasted = cores ? this.wasted(weights, shape, at, cores.lostBy(before, shape.gpuMilli)) : 0;
    trial[SLICE] = slice;
    trial[FIT] = fit;
    trial[POWER] = power;
    trial[BREAKS] = kept;
    trial[WASTED] = wasted;
    this.gain = gain;
    return Math.floor((weights.room * gain) / MICRO) + slice + fit + power + kept + wasted;
  }

  /** Equal shares of several GPUs: of the fullest that suffice. */
  private shares(shape: PackShape, at: number, table: Float64Array, usable: number): number {
    const chosen = this.fullest(shape, at, usable);
    if (chosen.length < shape.gpus) return NEVER;
    const { room, prices, terms, cores } = this;
    const { free, stride, whole } = this.columns;
    const weights = this.weights.share;
    const wholes = whole[at] ?? 0;
    let opened = 0;
    let gain = room.of(at, table) - (this.roomNow[at] ?? 0);
    let lost = 0;
    let left = 0;
    let twelfths = 0;
    for (const gpu of chosen) {
      const before = free[at * stride + gpu] ?? 0;
      if (before === WHOLE_GPU) opened += 1;
      gain += room.ofGpu(before - shape.gpuMilli, table) - room.ofGpu(before, table);
      lost += (prices.residual[before] ?? 0) - (prices.residual[before - shape.gpuMilli] ?? 0);
      left += before - shape.gpuMilli;
      twelfths += cores?.lostBy(before, shape.gpuMilli) ?? 0;
    }
    gain += room.ofWhole(wholes - opened, table) - room.ofWhole(wholes, table);
    terms[SLICE] = weigh(weights.slice, 0 - lost);
    terms[FIT] = weigh(weights.remainder, left * 1000) + opened * weights.opens * 1000;
    terms[POWER] = this.gpuPower(weights, at, opened);
    terms[BREAKS] = this.protected(weights, shape, at, opened);
    terms[WASTED] = this.wasted(weights, shape, at, twelfths);
    return this.settle(weights, shape, at, gain);
  }

  private fullest({ gpus: wanted, gpuMilli }: PackShape, at: number, usable: number): readonly number[] {
    const { free, stride, gpus } = this.columns;
    const freeOf = (gpu: number): number => free[at * stride + gpu] ?? 0;
    const enough: number[] = [];
    for (let gpu = 0; gpu < (gpus[at] ?? 0); gpu += 1) {
      if (freeOf(gpu) >= gpuMilli && isUsable(usable, gpu)) enough.push(gpu);
    }
    enough.sort((a, b) => freeOf(a) - freeOf(b) || a - b);
    return enough.slice(0, wanted).sort((a, b) => a - b);
  }

  private wholeOf(at: number, usable: number): number {
    const { free, stride, gpus } = this.columns;
    let count = 0;
    for (let gpu = 0; gpu < (gpus[at] ?? 0); gpu += 1) {
      if (free[at * stride + gpu] === WHOLE_GPU && isUsable(usable, gpu)) count += 1;
    }
    return count;
  }

  private gpuPower(weights: KindWeights, at: number, opened: number): number {
    const watts = this.prices.watts[this.columns.model[at] ?? 0] ?? 0;
    return weights.power === 0 ? 0 : weigh(weights.power, opened * watts * 1000);
  }

  /** The terms that are the same whichever GPU is taken; their sum with those already set is the score. */
  private settle(weights: KindWeights, shape: PackShape, at: number, gain: number): number {
    const { terms, columns } = this;
    const cpu = columns.cpu[at] ?? 0;
    const cpuLeft = cpu - shape.cpuMilli;
    const milli = columns.milli[at] ?? 0;
    const taken = shape.gpus * shape.gpuMilli;
    const left = milli - taken;
    terms[ROOM] = Math.floor((weights.room * gain) / MICRO);
    terms[STRANDED] = weigh(weights.stranded, this.stranded(milli, cpu) - this.stranded(left, cpuLeft));
    const ratio = Math.min(MICRO, Math.floor((cpuLeft * MICRO) / ((left + HALF_GPU) * CORES_PER_GPU_MAX)));
    terms[FIT] =
      (terms[FIT] ?? 0) +
      weigh(weights.coresPerGpu, ratio) +
      weigh(weights.gpusLeft, Math.floor((left * 1000) / GPUS_PER_NODE)) +
      weigh(weights.coresLeft, Math.floor((cpuLeft * 1000) / CORES_PER_NODE));
    const isEmpty = columns.whole[at] === columns.gpus[at];
    if (isEmpty && taken > 0) terms[BREAKS] = (terms[BREAKS] ?? 0) + weights.breaks * 1000;
    terms[SCARCE] = weigh(weights.scarce, taken * (this.prices.scarcity[columns.model[at] ?? 0] ?? 0));
    if (weights.power !== 0) terms[POWER] = (terms[POWER] ?? 0) + this.socketPower(weights, at, cpuLeft);
    let sum = 0;
    for (let term = 0; term < TERMS.length; term += 1) sum += terms[term] ?? 0;
    return sum;
  }

  /** Micro-GPU for which there is no CPU. */
  private stranded(milli: number, cpu: number): number {
    return Math.max(0, milli * 1000 - Math.floor((cpu * this.gpuPerCpu) / 1000));
  }

  /** CPU that no set of jobs adds up to, in GPUs that it could have carried; nothing while CPU is plenty. */
  private wasted(weights: KindWeights, shape: PackShape, at: number, twelfths: number): number {
    const { cores, prices, columns } = this;
    if (!cores || weights.wasted === 0) return 0;
    const cpu = cores.moreWasted(at, (columns.cpu[at] ?? 0) - shape.cpuMilli, twelfths);
    return weigh(weights.wasted, Math.floor((cpu * this.gpuPerCpu * prices.cpuScarcity) / MICRO));
  }

  /**
   * What protected places lose when so many whole GPUs are opened. The scarcer CPU is, the less it counts: large jobs
   * then lack cores, and whole GPUs that are kept for them are kept for nobody.
   */
  private protected(weights: KindWeights, shape: PackShape, at: number, opened = 0): number {
    if (weights.protects === 0 || !this.protection.isOn(at)) return 0;
    const { cpu, memory, whole } = this.columns;
    const cpuLeft = (cpu[at] ?? 0) - shape.cpuMilli;
    const memoryLeft = (memory[at] ?? 0) - shape.memoryMiB;
    const lost = this.protection.lossOf(at, (whole[at] ?? 0) - opened, cpuLeft, memoryLeft);
    return lost * weights.protects * (1000 - this.prices.cpuScarcity);
  }

  private socketPower(weights: KindWeights, at: number, cpuLeft: number): number {
    const { cpu, cpuTotal } = this.columns;
    const total = cpuTotal[at] ?? 0;
    const woken = Math.ceil((total - cpuLeft) / SOCKET_MILLI) - Math.ceil((total - (cpu[at] ?? 0)) / SOCKET_MILLI);
    return weigh(weights.power, woken * SOCKET_WATTS * 1000);
  }
}

const isUsable = (usable: number, gpu: number): boolean => (usable & (1 << gpu)) !== 0;
