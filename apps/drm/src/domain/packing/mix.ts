import { WHOLE_GPU } from '../capacity';
import type { PackShape } from './columns';
import { compareText } from '../compare-text';

/** Jobs that ask for the same. `models` are the GPU models it may use; undefined where any will do. */
export interface DemandClass extends PackShape {
  readonly models: readonly string[] | undefined;
  /** How often it was asked for: a whole number, of any scale. */
  readonly count: number;
}

/** What work comes here: the classes of jobs and how often each is asked for. */
export type Mix = readonly DemandClass[];

/** As many classes as the mix keeps; those asked for the least are left out. */
export const CLASSES_MAX = 512;

export const PPM = 1_000_000;

/** Milli-GPU of one job of the class. */
export const volumeOf = ({ gpus, gpuMilli }: PackShape): number => gpus * gpuMilli;

const TENTHS = 10n;
const SCALE = 1000n;

/** floor(1000 × (value / 1000)^(tenths / 10)), in whole numbers, so that it is the same on every machine. */
export function powerOf(value: number, tenths: number): number {
  const power = BigInt(tenths);
  const wanted = BigInt(value) ** power * SCALE ** (TENTHS - power);
  let low = 0n;
  let high = BigInt(Math.max(value, 1000));
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (middle ** TENTHS <= wanted) low = middle;
    else high = middle - 1n;
  }
  return Number(low);
}

/** A class with its share of the mix, in millionths. */
export interface WeightedClass extends DemandClass {
  readonly weight: number;
}

/** Millionths that add up to (a little less than) one: each rounded down. */
export function sharesOf(values: readonly number[]): readonly number[] {
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => (sum === 0 ? 0 : Number((BigInt(value) * BigInt(PPM)) / BigInt(sum))));
}

/**
 * The classes that hold GPUs, weighted by how often they come and by a power of what they hold: a job of eight GPUs is
 * rare, yet refusing it wastes more than refusing a share.
 */
export function weighted(mix: Mix, tenths: number): readonly WeightedClass[] {
  const classes = mix.filter(({ gpus, count }) => gpus > 0 && count > 0);
  const kept = [...classes].sort((a, b) => b.count - a.count || order(a, b)).slice(0, CLASSES_MAX);
  const weights = sharesOf(kept.map((one) => one.count * powerOf(volumeOf(one), tenths)));
  return kept.map((one, place) => ({ ...one, weight: weights[place] ?? 0 }));
}

/** One order for all classes, whatever order they were met in. */
export function order(a: DemandClass, b: DemandClass): number {
  return (
    a.gpus - b.gpus ||
    a.gpuMilli - b.gpuMilli ||
    a.cpuMilli - b.cpuMilli ||
    a.memoryMiB - b.memoryMiB ||
    compareText((a.models ?? []).join('|'), (b.models ?? []).join('|'))
  );
}

export const isShare = ({ gpus, gpuMilli }: PackShape): boolean => gpus > 0 && gpuMilli < WHOLE_GPU;
