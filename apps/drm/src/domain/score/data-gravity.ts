import type { Opinion } from './opinion';

/** One USD of egress weighs as much as a quarter of a GPU left unused; a millisecond of distance a hundredth. */
const MICRO_USD_PER_MICRO_GPU = 4n;
const MICRO_GPU_PER_LATENCY_US = 10;
const EGRESS_CLAMP = 1_000_000_000n;
const LATENCY_CLAMP = 1_000_000_000;

/** Work goes where its data lies: egress to bring it there, once, and how far away it is. */
export const dataGravity: Opinion = {
  term: 'data-gravity',
  of: 'fixed',
  value: (_node, _ask, { gravity }) => {
    const egress = gravity.microUsd / MICRO_USD_PER_MICRO_GPU;
    const distance = Math.min(gravity.latencyUs * MICRO_GPU_PER_LATENCY_US, LATENCY_CLAMP);
    return 0 - Number(egress > EGRESS_CLAMP ? EGRESS_CLAMP : egress) - distance;
  },
};
