import fc from 'fast-check';
import type { PriceBook, PriceBounds } from '@solyx/contracts';
import { PriceBookPublished, PriceObserved } from '@solyx/contracts/billing';
import { given, propertyRuns } from '@solyx/testing';
import { book, entry, tier } from '../test/prices';
import {
  boundedPrice,
  currentPrice,
  listedPrice,
  priceBookDecider,
  PRICE_BOOK_VERSIONS_MAX,
  type PriceBookState,
} from './price-book';

const AT = '2026-01-02T00:00:00.000Z';
const bounds: PriceBounds = { floorMicroUsd: '500', ceilingMicroUsd: '2000', stepMicroUsd: '300' };
const spot = entry({ pricing: 'spot', bounds }, 1_000);
const acme = book({ priceBookId: 'acme', entries: [entry(), spot] });
const publish = (priceBook: PriceBook) => ({ type: 'PublishPriceBook', data: { priceBook, at: AT } }) as const;
const published = (priceBook = acme, version = 1) => PriceBookPublished({ version, priceBook, at: AT });
const seen = (observedMicroUsd: string, entryId = spot.entryId) => ({
  priceBookId: 'acme',
  entryId,
  observedMicroUsd,
  reference: 'market',
  at: AT,
});
const observe = (price: string, entryId?: string) => ({ type: 'ObservePrice', data: seen(price, entryId) }) as const;
const observed = (price: string, priceMicroUsd: string) => PriceObserved({ ...seen(price), priceMicroUsd });
const past = given(priceBookDecider);
const refused = (change: Partial<PriceBook>) => past().when(publish({ ...acme, ...change }));

describe('A price book', () => {
  it('is published', () => past().when(publish(acme)).then(published()));
  it('is not published again as it is', () => past(published()).when(publish(acme)).thenNothing());
  it('is followed by another version', () => {
    const next = { ...acme, name: 'Next' };
    past(published()).when(publish(next)).then(published(next, 2));
  });
  it('may be followed at the same instant, and not before', () => {
    const [sooner, later] = ['2026-01-01T00:00:00.000Z', '2026-02-01T00:00:00.000Z'];
    const of = (effectiveFrom: string, name: string) => ({ ...acme, effectiveFrom, name });
    past(published(of(later, 'a')))
      .when(publish(of(later, 'b')))
      .then(published(of(later, 'b'), 2));
    expect(past(published(of(later, 'a'))).when(publish(of(sooner, 'b'))).decision).toEqual({
      accepted: false,
      reason: 'PriceListStale',
      details: { effectiveFrom: sooner, inForceFrom: later },
    });
  });
  it('is not the simple list', () => refused({ priceBookId: 'list' }).thenRefused('AlreadyExists'));
  it('has prices', () => refused({ entries: [] }).thenRefused('NoPrice'));

  it('has one price for one thing, and one name for one price', () => {
    refused({ entries: [entry(), { ...entry(), entryId: 'other' }] }).thenRefused('AlreadyExists');
    refused({ entries: [entry(), entry({ product: 'H100', entryId: entry().entryId })] }).thenRefused('AlreadyExists');
    const apart = [
      entry({ simulated: true, entryId: 's' }),
      entry({ source: 'leased' }),
      entry({ meter: 'cpu' }),
      entry(),
    ];
    expect(refused({ entries: apart }).decision.accepted).toBe(true);
  });

  it.each([
    ['tiers', { tiers: [] }, 'a price needs a tier'],
    ['a free quantity', { freeQuantity: '-1' }, 'a free quantity is not negative'],
    ['a price of the owner', { providerRate: tier(1, 0) }, 'tier 0: the denominator of a rate is above 0'],
    ['bounds of a listed price', { bounds }, 'only spot and dynamic prices have bounds'],
    ['a floor', { pricing: 'spot', bounds: { ...bounds, floorMicroUsd: '-1' } }, 'the floor is below 0'],
    [
      'a ceiling',
      { pricing: 'dynamic', bounds: { ...bounds, ceilingMicroUsd: '499' } },
      'the ceiling is below the floor',
    ],
    ['a step', { pricing: 'dynamic', bounds: { ...bounds, stepMicroUsd: '0' } }, 'a step is above 0'],
  ] as const)('is refused with %s that make no sense', (_, change, fault) => {
    const wrong = { ...entry(), ...change };
    expect(refused({ entries: [wrong] }).decision).toEqual({
      accepted: false,
      reason: 'PriceInvalid',
      details: { entryId: wrong.entryId, fault },
    });
  });

  it.each([
    [
      'bulk discounts',
      { bulkDiscounts: [{ aboveMicroUsd: '-1', discountBps: 1 }] },
      'bulk discounts begin at 0 or more and ascend',
    ],
    [
      'bulk discounts',
      { bulkDiscounts: [1, 1].map((above) => ({ aboveMicroUsd: String(above), discountBps: 1 })) },
      'bulk discounts begin at 0 or more and ascend',
    ],
    ['a minimum', { minimumMicroUsd: '-1' }, 'a minimum is not negative'],
    ['a fee', { withdrawalFee: { fixedMicroUsd: '-1', bps: 0 } }, 'a withdrawal fee is not negative'],
    [
      'a fee',
      { withdrawalFee: { fixedMicroUsd: '0', bps: 0, mostMicroUsd: '-1' } },
      'a withdrawal fee is not negative',
    ],
  ] as const)('is refused with %s that make no sense', (_, change, fault) => {
    expect(refused(change).decision).toMatchObject({ reason: 'PriceInvalid', details: { priceBookId: 'acme', fault } });
  });

  it('may have all that makes sense, at its least', () => {
    const free = entry(
      { freeQuantity: '0', providerRate: tier(0), pricing: 'spot', bounds: { ...bounds, floorMicroUsd: '0' } },
      0,
    );
    const change = {
      entries: [
        free,
        entry({ pricing: 'dynamic', bounds: { floorMicroUsd: '5', ceilingMicroUsd: '5', stepMicroUsd: '1' } }),
      ],
      bulkDiscounts: ['0', '1'].map((aboveMicroUsd) => ({ aboveMicroUsd, discountBps: 1 })),
      minimumMicroUsd: '0',
      withdrawalFee: { fixedMicroUsd: '0', bps: 0, mostMicroUsd: '0' },
    };
    expect(refused(change).decision.accepted).toBe(true);
  });

  it('keeps a bounded past', () => {
    let state = priceBookDecider.initial;
    for (let version = 1; version <= PRICE_BOOK_VERSIONS_MAX + 3; version += 1) {
      state = priceBookDecider.evolve(state, published(acme, version));
    }
    expect(state.versions).toHaveLength(PRICE_BOOK_VERSIONS_MAX);
    expect(state.versions[0]).toEqual({ version: 4, book: acme });
  });
});

describe('A market price', () => {
  it('is seen and followed', () => past(published()).when(observe('1200')).then(observed('1200', '1200')));
  it('moves one step at most, from the price before', () => {
    past(published()).when(observe('9999')).then(observed('9999', '1300'));
    past(published()).when(observe('1')).then(observed('1', '700'));
    past(published(), observed('9999', '1300')).when(observe('9999')).then(observed('9999', '1600'));
  });
  it('stays between floor and ceiling', () => {
    const high = [published(), observed('9999', '1900')] as const;
    past(...high)
      .when(observe('9999'))
      .then(observed('9999', '2000'));
    past(published(), observed('1', '600')).when(observe('1')).then(observed('1', '500'));
  });
  it('is of an entry that has one', () => {
    past().when(observe('1200')).thenRefused('NoPrice');
    past(published()).when(observe('1200', 'nothing')).thenRefused('NoPrice');
    past(published()).when(observe('1200', entry().entryId)).thenRefused('NoPrice');
  });

  const after = (...events: readonly (ReturnType<typeof published> | ReturnType<typeof observed>)[]): PriceBookState =>
    events.reduce((state, event) => priceBookDecider.evolve(state, event), priceBookDecider.initial);

  it('is the listed one until it was seen', () => {
    expect(currentPrice(after(published()), spot)).toBe(1_000n);
    expect(currentPrice(after(published(), observed('1', '700')), spot)).toBe(700n);
    expect(listedPrice(entry({ tiers: [] }))).toBe(0n);
    expect(currentPrice(after(published()), entry({}, 7_000))).toBe(7_000n);
  });

  it('is kept by the next version as long as it has the entry, within its new bounds', () => {
    const narrow = { ...spot, bounds: { ...bounds, floorMicroUsd: '900' } };
    const next = { ...acme, name: 'next', entries: [narrow] };
    const kept = after(published(), observed('1', '700'), published(next, 2));
    expect(kept.observed).toEqual({ [spot.entryId]: '700' });
    expect(currentPrice(kept, narrow)).toBe(900n);
    expect(after(published(), observed('1', '700'), published({ ...acme, entries: [entry()] }, 2)).observed).toEqual(
      {},
    );
  });

  it('is bounded whatever was seen', () => {
    const amount = fc.bigInt({ min: -5_000n, max: 5_000n });
    fc.assert(
      fc.property(fc.bigInt({ min: 500n, max: 2_000n }), amount, (before, price) => {
        const now = boundedPrice(bounds, before, price);
        expect(now >= 500n && now <= 2_000n && now - before <= 300n && before - now <= 300n).toBe(true);
        if (price >= 500n && price <= 2_000n && price - before <= 300n && before - price <= 300n)
          expect(now).toBe(price);
      }),
      propertyRuns(200),
    );
  });
});
