import { WHOLE_GPU } from '../capacity';
import { isShare, volumeOf, type Mix } from './mix';

/** Prices that the engine reads, all whole numbers, ready to be looked up. */
export interface Prices {
  /** Micro-GPU that what is left of a GPU is worth, by thousandths left: 1,001 numbers that never fall. */
  readonly residual: Float64Array;
  /** By model as in the columns: thousandths of its capacity that only work bound to such models asks for. */
  readonly scarcity: readonly number[];
  /** By model: watts that a GPU draws more when it works. */
  readonly watts: readonly number[];
  /** How scarce CPU is, in thousandths: little where the mix leaves a fifth of it, 1,000 where it asks for all. */
  readonly cpuScarcity: number;
  /** Milli-cores without which a GPU is stranded. */
  readonly coreMilliPerGpu: number;
}

/** What the shadow prices of one slice size say: micro-GPU for a slice of so many thousandths. */
export interface SlicePrice {
  readonly gpuMilli: number;
  readonly microGpu: number;
}

const MICRO = 1_000_000;
/** Slices are priced in steps of a hundredth of a GPU. */
export const SLICE_STEP = 10;
export const SLICE_STEPS = WHOLE_GPU / SLICE_STEP;

/** How many slices of each size the mix asks for, by steps, rounded up: the right-hand side of the pattern program. */
export function sliceDemand(mix: Mix): ReadonlyMap<number, number> {
  const demand = new Map<number, number>();
  for (const one of mix) {
    if (!isShare(one) || one.count === 0) continue;
    const steps = Math.ceil(one.gpuMilli / SLICE_STEP);
    demand.set(steps, (demand.get(steps) ?? 0) + one.count * one.gpus);
  }
  return new Map([...demand].sort(([a], [b]) => a - b));
}

/** How much of the demand that prices are worked out for is the same for each size, in tenths. */
const HEDGE_TENTHS = 3;

/**
 * Demand for slices, part of it spread evenly over their sizes. Where two sizes are asked for nearly as often, the dual
 * prices jump with the few that the one is ahead: this way a thousand arrivals give the prices that all would give, and
 * they hold while the mix moves.
 */
export function hedged(demand: readonly number[]): readonly number[] {
  const sum = demand.reduce((total, count) => total + count, 0);
  const even = demand.length === 0 ? 0 : Math.floor((sum * HEDGE_TENTHS) / demand.length);
  return demand.map((count) => Math.floor((count * (10 - HEDGE_TENTHS) + even) / 10));
}

/**
 * What is left of a GPU is worth the best that it can still hold, at the prices of the slices: a knapsack over steps. A
 * whole GPU is worth at least itself. Without prices nothing but a whole GPU has a value.
 */
export function residualValues(prices: readonly SlicePrice[]): Float64Array {
  const bySteps = new Float64Array(SLICE_STEPS + 1);
  for (let steps = 1; steps <= SLICE_STEPS; steps += 1) {
    let best = bySteps[steps - 1] ?? 0;
    for (const { gpuMilli, microGpu } of prices) {
      const size = Math.max(1, Math.ceil(gpuMilli / SLICE_STEP));
      if (size <= steps) best = Math.max(best, microGpu + (bySteps[steps - size] ?? 0));
    }
    bySteps[steps] = steps === SLICE_STEPS ? Math.max(best, MICRO) : best;
  }
  const residual = new Float64Array(WHOLE_GPU + 1);
  for (let milli = 0; milli <= WHOLE_GPU; milli += 1) residual[milli] = bySteps[Math.floor(milli / SLICE_STEP)] ?? 0;
  return residual;
}

/** GPUs by model, in thousandths. */
export type Capacity = ReadonlyMap<string, number>;

/**
 * How much of each model is spoken for by work that may not go elsewhere, in thousandths of its capacity, when the
 * fleet is asked for in full. Work bound to several models is spread over them by their capacity.
 */
export function scarcityOf(mix: Mix, capacity: Capacity): ReadonlyMap<string, number> {
  const total = [...capacity.values()].reduce((sum, milli) => sum + milli, 0);
  const asked = mix.reduce((sum, one) => sum + one.count * volumeOf(one), 0);
  const bound = new Map<string, number>();
  for (const one of mix) {
    const models = (one.models ?? []).filter((model) => (capacity.get(model) ?? 0) > 0);
    const room = models.reduce((sum, model) => sum + (capacity.get(model) ?? 0), 0);
    if (room >= total) continue;
    for (const model of models) {
      const share = (one.count * volumeOf(one) * (capacity.get(model) ?? 0)) / room;
      bound.set(model, (bound.get(model) ?? 0) + share);
    }
  }
  const thousandths = (model: string, milli: number): number =>
    asked === 0 || milli === 0 ? 0 : Math.floor(((bound.get(model) ?? 0) * total * 1000) / (asked * milli));
  return new Map([...capacity].map(([model, milli]) => [model, thousandths(model, milli)]));
}

/** Milli-cores that come with each GPU that is asked for, by the jobs that hold GPUs, times the weight. */
export function coresPerGpuOf(mix: Mix, weights: { readonly cores: number; readonly coreMilliPerGpu: number }): number {
  const gpu = mix.filter(({ gpus }) => gpus > 0);
  const milli = gpu.reduce((sum, one) => sum + one.count * volumeOf(one), 0);
  const cpu = gpu.reduce((sum, one) => sum + one.count * one.cpuMilli, 0);
  return milli === 0 || cpu === 0 ? weights.coreMilliPerGpu : Math.max(1, Math.floor((cpu * weights.cores) / milli));
}

const PLENTY = 800;
/** CPU is never worth nothing: on some node it is what runs out. */
const SCARCITY_MIN = 150;

/** How much of the fleet's CPU the mix asks for by the time it asks for all GPUs, from `PLENTY` to all of it. */
export function cpuScarcityOf(mix: Mix, fleet: { readonly cpuMilli: number; readonly gpuMilli: number }): number {
  const cpu = mix.reduce((sum, one) => sum + one.count * one.cpuMilli, 0);
  const gpu = mix.reduce((sum, one) => sum + one.count * volumeOf(one), 0);
  if (gpu === 0 || fleet.cpuMilli === 0) return SCARCITY_MIN;
  const pressure = Math.floor((1000 * ((cpu * fleet.gpuMilli) / gpu)) / fleet.cpuMilli);
  return Math.min(1000, Math.max(SCARCITY_MIN, (pressure - PLENTY) * (1000 / (1000 - PLENTY))));
}
