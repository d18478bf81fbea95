import type { PriceBookEntry } from '@solyx/contracts';
import { LIST, spec } from '../test/fixtures';
import { holdFor } from './hold';
import { pricesToHold } from './hold-prices';
import { priceOf } from './price-list';
import { listBookOf } from './rating/default-book';
import type { PriceBookVersion, RateCard } from './rating/rate-card';

const HOUR_OF_GPU = '3600000000';
const entry = (price: number, change: Partial<PriceBookEntry> = {}): PriceBookEntry => ({
  entryId: `${price} ${change.product ?? 'H100'}`,
  meter: 'gpu',
  pricing: 'on-demand',
  source: 'owned',
  simulated: false,
  product: 'H100',
  model: 'flat',
  tiers: [{ rateNumerator: String(price), rateDenominator: HOUR_OF_GPU }],
  ...change,
});
const book = (...entries: readonly PriceBookEntry[]): PriceBookVersion => ({
  version: 1,
  book: {
    priceBookId: 'contract',
    name: 'Contract',
    currency: 'USD',
    effectiveFrom: LIST.effectiveFrom,
    entries,
    bulkDiscounts: [],
  },
});
const card = (...books: readonly PriceBookVersion[]): RateCard => ({ books: [...books, listBookOf(LIST)], quotes: [] });

const resources = (gpuModel?: string) => ({
  ...{ gpus: 1, gpuMilli: 1_000, cpuMilli: 0, memoryMiB: 0 },
  ...(gpuModel === undefined ? {} : { gpuModel }),
});
/** What an hour of a GPU sets aside. */
const held = (of: RateCard, gpuModel?: string) =>
  holdFor(spec({ resources: resources(gpuModel) }), pricesToHold(LIST, of));

describe('Prices that are set aside', () => {
  it('are those of the list where there is no other', () => {
    const prices = pricesToHold(LIST, card());
    const known = (list: typeof LIST) =>
      LIST.entries.map(({ source, simulated, resource, gpuModel }) =>
        priceOf(list, { source, simulated, resource, gpuModel }),
      );
    expect(known(prices)).toEqual(known(LIST));
    expect(prices.entries).toHaveLength(LIST.entries.length);
    expect(held(card(), 'H100')).toBe(2_300_000n);
    expect(pricesToHold(LIST, { books: [], quotes: [] }).entries).toEqual(LIST.entries);
  });
  it("are a contract's, dearer or cheaper", () => {
    expect(held(card(book(entry(9_000_000))), 'H100')).toBe(9_000_000n);
    expect(held(card(book(entry(1_000_000))), 'H100')).toBe(1_000_000n);
    expect(held(card(book(entry(9_000_000))), 'L4')).toBe(1_000_000n);
    expect(held(card(book(entry(1_500_000, { product: '*' }))), 'H100')).toBe(1_500_000n);
    expect(held(card(book(entry(5), entry(7, { pricing: 'contract', entryId: 'c' }))), 'H100')).toBe(7n);
    expect(held(card(book(entry(7, { pricing: 'spot' }))), 'H100')).toBe(2_300_000n);
  });
  it('are of the dearest tier, with what the standard class costs more, rounded up', () => {
    const tiers = ['3', '8', '5'].map((rateNumerator, index) => ({
      rateNumerator,
      rateDenominator: HOUR_OF_GPU,
      ...(index < 2 ? { upTo: String(index + 1) } : {}),
    }));
    expect(held(card(book(entry(0, { model: 'graduated', tiers }))), 'H100')).toBe(8n);
    const markups = { low: 0, standard: 1_001, high: 5_000, ultra: 9_000 };
    expect(held(card(book(entry(100, { markups }))), 'H100')).toBe(111n);
  });
  it('know models that the list does not, also where the model is open', () => {
    const own = card(book(entry(20_000_000, { product: 'B200' })));
    expect(held(own, 'B200')).toBe(20_000_000n);
    expect(held(own)).toBe(20_000_000n);
  });
  it('are of money for money, of rehearsals for rehearsals, and of their source', () => {
    expect(held(card(book(entry(9_000_000, { simulated: true }))), 'H100')).toBe(2_300_000n);
    expect(held(card(book(entry(9_000_000, { source: 'leased' }))), 'H100')).toBe(2_300_000n);
  });
  it('leave egress to the route', () => {
    const egress = entry(9, { meter: 'egress', product: '*', entryId: 'e' });
    const of = (list: typeof LIST) =>
      priceOf(list, { source: 'owned', simulated: false, resource: 'egress', gpuModel: 'H100' });
    expect(of(pricesToHold(LIST, card(book(egress))))).toBe(of(LIST));
  });
});
