import type { Opinion } from './opinion';

/** One USD per hour weighs as much as a quarter of a GPU left unused. */
const MICRO_USD_PER_MICRO_GPU = 4n;
const CLAMP = 1_000_000_000n;

/** What the customer pays per hour for the share. */
export const price: Opinion = {
  term: 'price',
  of: 'fixed',
  value: (_node, _ask, suited) => {
    const weight = suited.price.perHour / MICRO_USD_PER_MICRO_GPU;
    return 0 - Number(weight > CLAMP ? CLAMP : weight);
  },
};
