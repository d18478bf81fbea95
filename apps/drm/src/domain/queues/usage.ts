import type { Quota } from '@solyx/contracts';
import { NONE, plus, RESOURCES, scaled } from './amounts';

/** Use is forgotten in steps of five minutes, half of it in a day: policy, so constants. */
const STEP_MS = 300_000;
const STEP_SECONDS = STEP_MS / 1000;
const STEPS_OF_HALF_LIFE = 288;
export const HALF_LIFE_MS = STEP_MS * STEPS_OF_HALF_LIFE;
/** After so many half-lives nothing is left. */
const HALVINGS_MAX = 50;

/** Fractions are counted in parts of 2^26, so that the product of two of them is a whole number below 2^53. */
const ONE = 2 ** 26;

/** The largest whole x with (x ÷ 2^26)^288 ≤ ½: what is left of use after one step. */
function leftAfterOneStep(): number {
  const steps = BigInt(STEPS_OF_HALF_LIFE);
  const half = BigInt(ONE) ** steps / 2n;
  let low = 0;
  let high = ONE;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (BigInt(middle) ** steps <= half) low = middle;
    else high = middle - 1;
  }
  return low;
}

const LEFT: readonly number[] = (() => {
  const first = leftAfterOneStep();
  const left = [ONE];
  for (let step = 1; step < STEPS_OF_HALF_LIFE; step += 1) left.push(Math.floor(((left[step - 1] ?? 0) * first) / ONE));
  return left;
})();

const LEFT_OF_ONE = LEFT[1] ?? 0;

/** What is left after so many steps, in parts of 2^26. */
export function leftAfter(steps: number): number {
  const halvings = Math.floor(steps / STEPS_OF_HALF_LIFE);
  if (halvings >= HALVINGS_MAX) return 0;
  return Math.floor((LEFT[steps % STEPS_OF_HALF_LIFE] ?? 0) / 2 ** halvings);
}

/** What a queue has used, as far as it is remembered: units times seconds, up to an instant. */
export interface Usage {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly seconds: Quota;
}

export const unused = (at: number): Usage => ({ at, seconds: NONE });

const mapped = (of: (resource: keyof Quota) => number): Quota => ({
  gpuMilli: of('gpuMilli'),
  cpuMilli: of('cpuMilli'),
  memoryMiB: of('memoryMiB'),
});

/**
 * The use up to a later instant, while the same was held all the time. Slurm's decay: use is halved each half-life, in
 * steps at fixed times; use within a step counts whole. Integers only: what is lost is less than one unit-second a step.
 */
export function usedUntil({ at, seconds }: Usage, held: Quota, now: number): Usage {
  if (now <= at) return { at, seconds };
  const steps = Math.floor(now / STEP_MS) - Math.floor(at / STEP_MS);
  if (steps === 0) {
    return {
      at: now,
      seconds: plus(
        seconds,
        mapped((of) => scaled(held[of], now - at, 1000)),
      ),
    };
  }
  const left = leftAfter(steps);
  const first = STEP_MS - (at % STEP_MS);
  const last = now % STEP_MS;
  return {
    at: now,
    seconds: mapped((of) => {
      const before = seconds[of] + scaled(held[of], first, 1000);
      // Whole steps between: a geometric series, d + d² + … + d^(steps−1).
      const between = scaled(held[of] * STEP_SECONDS, LEFT_OF_ONE - left, ONE - LEFT_OF_ONE);
      return scaled(before, left, ONE) + (steps > 1 ? between : 0) + scaled(held[of], last, 1000);
    }),
  };
}

/** What would have to be held for ever to have used as much: units. */
export const meanOf = ({ seconds }: Usage): Quota =>
  mapped((of) => scaled(seconds[of], ONE - LEFT_OF_ONE, ONE * STEP_SECONDS));

/** Parts of the whole fleet that shares are counted in. */
export const WHOLE_SHARE = 1_000_000;

/**
 * Dominant resource fairness (Ghodsi et al., NSDI 2011), with memory: the largest part of the fleet's GPUs, cores or
 * memory that a queue has, of what it holds and of what it used on the average, each counting half; per weight.
 */
export function dominantShare(held: Quota, mean: Quota, capacity: Quota, weight: number): number {
  let dominant = 0;
  for (const of of RESOURCES) {
    if (capacity[of] <= 0) continue;
    const share = scaled(held[of] + mean[of], WHOLE_SHARE, 2 * capacity[of] * weight);
    if (share > dominant) dominant = share;
  }
  return dominant;
}
