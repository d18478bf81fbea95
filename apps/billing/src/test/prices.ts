import fc from 'fast-check';
import {
  METER_UNITS,
  type Meter,
  type PriceBook,
  type PriceBookEntry,
  type PriceTerms,
  type PriceTier,
} from '@solyx/contracts';
import type { MeteredUsage } from '../domain/rating/rate-usage';
import type { PriceBookVersion, RateCard } from '../domain/rating/rate-card';

export const tier = (
  rateNumerator: number | bigint,
  rateDenominator: number | bigint = 1,
  upTo?: number,
): PriceTier => ({
  ...(upTo === undefined ? {} : { upTo: upTo.toString() }),
  rateNumerator: rateNumerator.toString(),
  rateDenominator: rateDenominator.toString(),
});

export const terms = (change: Partial<PriceTerms> = {}): PriceTerms => ({
  priceBookId: 'list',
  priceBookVersion: 1,
  entryId: 'gpu',
  model: 'flat',
  unit: 'milli-gpu-ms',
  tiers: [tier(1, 2)],
  markupBps: 0,
  discountBps: 0,
  ...change,
});

/** A flat price per priced unit, of owned GPUs unless it says otherwise. */
export const entry = (change: Partial<PriceBookEntry> = {}, microUsdPerUnit = 2_300_000): PriceBookEntry => {
  const meter: Meter = change.meter ?? 'gpu';
  return {
    entryId: [meter, change.pricing ?? 'on-demand', change.source ?? 'owned', change.product ?? '*'].join('/'),
    meter,
    pricing: 'on-demand',
    source: 'owned',
    simulated: false,
    product: '*',
    model: 'flat',
    tiers: [tier(microUsdPerUnit, METER_UNITS[meter].perPrice)],
    ...change,
  };
};

export const book = (change: Partial<PriceBook> = {}): PriceBook => ({
  priceBookId: 'list',
  name: 'List',
  currency: 'USD',
  effectiveFrom: '2026-01-01T00:00:00.000Z',
  entries: [entry()],
  bulkDiscounts: [],
  ...change,
});

export const version = (change: Partial<PriceBook> = {}, number = 1): PriceBookVersion => ({
  version: number,
  book: book(change),
});

export const card = (...books: readonly PriceBookVersion[]): RateCard => ({ books, quotes: [] });

export const usage = (change: Partial<MeteredUsage> = {}): MeteredUsage => ({
  meter: 'gpu',
  quantity: 3_600_000_000n,
  project: 'default',
  source: 'owned',
  simulated: false,
  product: 'H100',
  pricing: 'on-demand',
  quality: 'standard',
  from: '2026-01-15T00:00:00.000Z',
  ...change,
});

const rateArb = fc.record({
  rateNumerator: fc.nat(9_000_000).map(String),
  rateDenominator: fc.integer({ min: 1, max: 5_000 }).map(String),
});

const tiersArb: fc.Arbitrary<readonly PriceTier[]> = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 1, max: 90_000 }), { maxLength: 4 }),
    fc.array(rateArb, { minLength: 5, maxLength: 5 }),
  )
  .map(([ends, rates]) => {
    const sorted = [...ends].sort((a, b) => a - b);
    return rates.slice(0, sorted.length + 1).map((rate, index) => {
      const upTo = sorted[index];
      return upTo === undefined ? rate : { upTo: upTo.toString(), ...rate };
    });
  });

/** Any sound terms. */
export const termsArb: fc.Arbitrary<PriceTerms> = fc
  .record({
    model: fc.constantFrom('graduated' as const, 'volume' as const, 'flat' as const),
    tiers: tiersArb,
    freeQuantity: fc.option(fc.nat(10_000).map(String), { nil: undefined }),
    markupBps: fc.nat(20_000),
    discountBps: fc.nat(10_000),
  })
  .map(({ model, tiers, freeQuantity, ...rest }) =>
    terms({
      ...rest,
      model,
      tiers: model === 'flat' ? tiers.slice(-1).map(({ upTo: _, ...rate }) => rate) : tiers,
      ...(freeQuantity === undefined ? {} : { freeQuantity }),
    }),
  );
