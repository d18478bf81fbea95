import { SOURCES, type Source } from '@solyx/contracts';
import { MICRO_GPU, type Opinion } from './opinion';

/** Outweighs everything else together: the others stay below this by their clamps. */
export const TIER_STEP = 1_000_000 * MICRO_GPU;

/** Nobody changed the order of those that are allowed. */
const isUsual = (sources: readonly Source[]): boolean => {
  const places = sources.map((source) => SOURCES.indexOf(source));
  return places.every((place, index) => index === 0 || place > (places[index - 1] ?? 0));
};

/**
 * Under a policy with one currency, costs decide between owned, leased and shared, unless someone changed the order.
 * Else: owned first, then leased, then shared: the order of `placement.sources`, which is that unless someone changed it.
 */
export const tier: Opinion = {
  term: 'tier',
  of: 'fixed',
  value: ({ terms }, { request }, { cost }) =>
    cost !== undefined && isUsual(request.placement.sources)
      ? 0
      : 0 - request.placement.sources.indexOf(terms.source) * TIER_STEP,
};
