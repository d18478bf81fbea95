import { book } from '../../test/prices';
import { amountOf } from './amount';
import { bulkDiscountTerms, minimumTerms, shortOfMinimum, withdrawalFeeOf } from './period-close';

describe('A bulk discount', () => {
  const steps = [
    { aboveMicroUsd: '1000', discountBps: 500 },
    { aboveMicroUsd: '3000', discountBps: 1_000 },
    { aboveMicroUsd: '9000', discountBps: 2_000 },
  ];
  const discount = (spent: number, bulkDiscounts = steps) =>
    Number(amountOf(bulkDiscountTerms(book({ bulkDiscounts }), 4)!, BigInt(spent)));

  it('is for what is above each step', () => {
    expect([0, 1_000, 1_020, 3_000, 4_000, 9_000, 10_000].map((spent) => discount(spent))).toEqual([
      0, 0, -1, -100, -200, -700, -900,
    ]);
  });
  it('may be for all', () => expect(discount(1_000, [{ aboveMicroUsd: '0', discountBps: 250 }])).toBe(-25));
  it('is none where the book grants none', () => expect(bulkDiscountTerms(book(), 1)).toBeUndefined());
  it('says which book grants it', () => {
    expect(bulkDiscountTerms(book({ bulkDiscounts: steps }), 4)).toMatchObject({
      ...{ priceBookId: 'list', priceBookVersion: 4, entryId: 'bulk-discount', unit: 'micro-usd', model: 'graduated' },
      ...{ freeQuantity: '1000', markupBps: 0, discountBps: 0 },
      tiers: [
        { upTo: '2000', rateNumerator: '-500', rateDenominator: '10000' },
        { upTo: '8000', rateNumerator: '-1000', rateDenominator: '10000' },
        { rateNumerator: '-2000', rateDenominator: '10000' },
      ],
    });
  });
});

describe('A minimum', () => {
  it('is what a period lacks to it', () => {
    const least = book({ minimumMicroUsd: '500' });
    expect([0n, 499n, 500n, 501n].map((spent) => shortOfMinimum(least, spent))).toEqual([500n, 1n, 0n, 0n]);
    expect(shortOfMinimum(book(), 0n)).toBe(0n);
  });
  it('is charged as it is', () => {
    const terms = minimumTerms(book(), 2);
    expect(terms).toMatchObject({ entryId: 'minimum', priceBookVersion: 2, unit: 'micro-usd', model: 'flat' });
    expect(amountOf(terms, 123n)).toBe(123n);
  });
});

describe('A withdrawal', () => {
  const fee = { fixedMicroUsd: '100', bps: 50 };
  it('costs a fixed part and a part of the amount', () => {
    expect([0n, -5n, 100n, 10_000n, 10_100n].map((amount) => withdrawalFeeOf(fee, amount))).toEqual([
      0n,
      0n,
      100n,
      150n,
      150n,
    ]);
  });
  it('costs the most at most', () => {
    const capped = { ...fee, mostMicroUsd: '150' };
    expect([9_000n, 10_000n, 1_000_000n].map((amount) => withdrawalFeeOf(capped, amount))).toEqual([145n, 150n, 150n]);
  });
});
