import { SLICE_STEPS } from './prices';

/** Minimise the sum of `cost` × x over x ≥ 0 such that each row reaches what it needs at least. */
export interface CoveringProgram {
  readonly atLeast: readonly number[];
  readonly columns: readonly CoveringColumn[];
}

export interface CoveringColumn {
  readonly cost: number;
  /** What one unit of this column gives to each row. */
  readonly gives: readonly number[];
}

/** How many slices of each size are cut from one GPU, in the order of the sizes. */
export type Pattern = readonly number[];

const MICRO = 1_000_000;
/** A pattern that gains less than this is noise of the solver's. */
const GAIN_MIN = 10;

/** Each GPU cut into slices of one size: enough for any demand, though wasteful. `sizes` are in steps of the slices. */
export const plainPatterns = (sizes: readonly number[]): readonly Pattern[] =>
  sizes.map((size, place) => sizes.map((_, at) => (at === place ? Math.floor(SLICE_STEPS / size) : 0)));

/** The fewest GPUs on which all slices find room (Gilmore and Gomory's cutting stock, 1961), patterns as columns. */
export const patternProgram = (demand: readonly number[], patterns: readonly Pattern[]): CoveringProgram => ({
  atLeast: demand,
  columns: patterns.map((gives) => ({ cost: 1, gives })),
});

/**
 * A pattern worth more than a GPU at these prices (micro-GPU per slice): the next column. Undefined where there is none,
 * and the prices are then those of the best cut. An unbounded knapsack over steps of the slices.
 */
export function payingPattern(sizes: readonly number[], microGpu: readonly number[]): Pattern | undefined {
  const best = new Float64Array(SLICE_STEPS + 1);
  const last = new Int16Array(SLICE_STEPS + 1).fill(-1);
  for (let steps = 1; steps <= SLICE_STEPS; steps += 1) {
    best[steps] = best[steps - 1] ?? 0;
    for (const [place, size] of sizes.entries()) {
      if (size > steps) continue;
      const value = (best[steps - size] ?? 0) + (microGpu[place] ?? 0);
      if (value <= (best[steps] ?? 0)) continue;
      best[steps] = value;
      last[steps] = place;
    }
  }
  return (best[SLICE_STEPS] ?? 0) > MICRO + GAIN_MIN ? cutOf(sizes, last) : undefined;
}

function cutOf(sizes: readonly number[], last: Int16Array): Pattern {
  const counts = sizes.map(() => 0);
  for (let steps = SLICE_STEPS; steps > 0;) {
    const place = last[steps] ?? -1;
    if (place >= 0) counts[place] = (counts[place] ?? 0) + 1;
    steps -= place < 0 ? 1 : (sizes[place] ?? steps);
  }
  return counts;
}

/** Half of the sum of differences of two distributions in millionths: how far the mix has moved. */
export function driftPpm(then: ReadonlyMap<number, number>, now: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const size of new Set([...then.keys(), ...now.keys()])) {
    sum += Math.abs((then.get(size) ?? 0) - (now.get(size) ?? 0));
  }
  return Math.floor(sum / 2);
}
