import { MICRO_GPU, type Opinion } from './opinion';

/** Outweighs everything else together: the others stay below this by their clamps. */
export const TIER_STEP = 1_000_000 * MICRO_GPU;

/** Owned first, then leased, then shared: the order of `placement.sources`, which is that unless someone changed it. */
export const tier: Opinion = {
  term: 'tier',
  of: 'fixed',
  value: ({ terms }, { request }) => 0 - request.placement.sources.indexOf(terms.source) * TIER_STEP,
};
