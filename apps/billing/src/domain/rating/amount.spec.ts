import fc from 'fast-check';
import { propertyRuns } from '@solyx/testing';
import { oracle } from '../../test/oracle';
import { terms, termsArb, tier } from '../../test/prices';
import { amountOf, faultOfTiers, nextTotal, NOTHING } from './amount';

const HOUR = 3_600_000n;
const perHour = (microUsd: number) => terms({ tiers: [tier(microUsd, 3_600_000_000n)] });
const amounts = (of: Parameters<typeof amountOf>[0], ...quantities: readonly number[]) =>
  quantities.map((quantity) => Number(amountOf(of, BigInt(quantity))));

describe('An amount', () => {
  it('is quantity × rate', () => {
    expect(amountOf(perHour(2_300_000), 1_000n * HOUR)).toBe(2_300_000n);
    expect(amountOf(perHour(2_300_000), 250n * HOUR)).toBe(575_000n);
  });

  it('is rounded once, a half to the even neighbour', () => {
    expect(amounts(terms({ tiers: [tier(1, 2)] }), 1, 2, 3, 5, 7)).toEqual([0, 1, 2, 2, 4]);
  });

  it('is nothing for nothing, and for less', () => {
    expect(amounts(terms({ tiers: [tier(7)] }), 0, -3)).toEqual([0, 0]);
    expect(amounts(terms({ tiers: [tier(7)], freeQuantity: '10' }), 0, 9, 10, 11, 12)).toEqual([0, 0, 0, 7, 14]);
  });

  it('is graduated: each tier rates what falls into it', () => {
    const graduated = terms({ model: 'graduated', tiers: [tier(10, 1, 100), tier(5, 1, 300), tier(1)] });
    expect(amounts(graduated, 1, 100, 101, 300, 301, 1_000)).toEqual([10, 1_000, 1_005, 2_000, 2_001, 2_700]);
  });

  it('is graduated with fractions, that are rounded at the end alone', () => {
    const graduated = terms({ model: 'graduated', tiers: [tier(1, 3, 1), tier(1, 6)] });
    // 1/3 + 1/6 = 1/2, which is even at 0; one more is 2/3.
    expect(amounts(graduated, 1, 2, 3, 7, 8)).toEqual([0, 0, 1, 1, 2]);
  });

  it('is by volume: all of it at the rate of the tier reached', () => {
    const volume = terms({ model: 'volume', tiers: [tier(10, 1, 100), tier(5, 1, 300), tier(1)] });
    expect(amounts(volume, 1, 100, 101, 300, 301)).toEqual([10, 1_000, 505, 1_500, 301]);
  });

  it('counts tiers beyond what is free', () => {
    const graduated = terms({ model: 'graduated', tiers: [tier(10, 1, 100), tier(1)], freeQuantity: '50' });
    expect(amounts(graduated, 50, 51, 150, 151)).toEqual([0, 10, 1_000, 1_001]);
    const volume = terms({ model: 'volume', tiers: [tier(10, 1, 100), tier(1)], freeQuantity: '50' });
    expect(amounts(volume, 150, 151)).toEqual([1_000, 101]);
  });

  it('is dearer by the markup of the quality, then cheaper by the discount', () => {
    expect(amounts(terms({ tiers: [tier(1)], markupBps: 2_000 }), 1_000)).toEqual([1_200]);
    expect(amounts(terms({ tiers: [tier(1)], markupBps: 10_000, discountBps: 2_500 }), 1_000)).toEqual([1_500]);
    expect(amounts(terms({ tiers: [tier(1)], discountBps: 10_000 }), 1_000)).toEqual([0]);
    // 3 × 1.25 × 0.9 = 3.375: not 4 × 0.9, which a rounding in between would make of it.
    expect(amounts(terms({ tiers: [tier(1)], markupBps: 2_500, discountBps: 1_000 }), 3, 4)).toEqual([3, 4]);
  });

  it('applies markup and discount to every tier', () => {
    const graduated = terms({ model: 'graduated', tiers: [tier(10, 1, 100), tier(5)], markupBps: 5_000 });
    expect(amounts(graduated, 100, 200)).toEqual([1_500, 2_250]);
  });

  it('may be below zero where rates are: a discount on all', () => {
    expect(amounts(terms({ tiers: [tier(-1, 2)] }), 1, 3, 4)).toEqual([0, -2, -2]);
  });

  it('is within half a unit of the exact fraction, whatever the terms', () => {
    fc.assert(
      fc.property(termsArb, fc.bigInt({ min: 0n, max: 10n ** 12n }), (any, quantity) => {
        const { n, d } = oracle.exactPrice({ ...any, markups: { none: any.markupBps } } as never, 'none', quantity);
        const off = 2n * (amountOf(any, quantity) * d - n);
        expect(off <= d && off >= -d).toBe(true);
        expect(amountOf(any, quantity)).toBe(oracle.nearest({ n, d }));
      }),
      propertyRuns(400),
    );
  });

  it('is that of the terms as they are, though others share their id', () => {
    expect(amountOf(terms({ tiers: [tier(2)] }), 10n)).toBe(20n);
    expect(amountOf(terms({ tiers: [tier(3)] }), 10n)).toBe(30n);
  });
});

describe('The parts of a line', () => {
  const partsArb = fc.array(fc.bigInt({ min: 0n, max: 200_000n }), { minLength: 1, maxLength: 12 });

  it('add up to the amount of the whole, in every order', () => {
    fc.assert(
      fc.property(termsArb, partsArb, fc.infiniteStream(fc.nat()), (any, parts, random) => {
        const order = parts.map((part) => ({ part, by: random.next().value as number })).sort((a, b) => a.by - b.by);
        for (const quantities of [parts, order.map(({ part }) => part)]) {
          let total = NOTHING;
          let sum = 0n;
          for (const quantity of quantities) {
            const { added, ...next } = nextTotal(any, total, quantity);
            sum += added;
            total = next;
          }
          const whole = parts.reduce((all, part) => all + part, 0n);
          expect(total).toEqual({ quantity: whole, amount: amountOf(any, whole) });
          expect(sum).toBe(amountOf(any, whole));
        }
      }),
      propertyRuns(200),
    );
  });

  it('are what is missing to the new whole, also where other terms made the old one', () => {
    expect(nextTotal(terms({ tiers: [tier(2)] }), { quantity: 10n, amount: 30n }, 5n)).toEqual({
      quantity: 15n,
      amount: 30n,
      added: 0n,
    });
  });

  it('are given back by less', () => {
    const all = nextTotal(perHour(2_300_000), NOTHING, 1_000n * HOUR);
    expect(nextTotal(perHour(2_300_000), all, -500n * HOUR)).toMatchObject({
      added: -1_150_000n,
      quantity: 500n * HOUR,
    });
  });

  it('of four quarters of a GPU cost one GPU-hour', () => {
    let total = NOTHING;
    for (let job = 0; job < 4; job += 1) total = nextTotal(perHour(2_300_001), total, 250n * HOUR);
    expect(total.amount).toBe(2_300_001n);
  });
});

describe('Steps of a price', () => {
  const fault = (model: 'flat' | 'graduated' | 'volume', ...tiers: readonly ReturnType<typeof tier>[]) =>
    faultOfTiers(model, tiers);

  it('are sound', () => {
    expect(fault('flat', tier(0))).toBeUndefined();
    expect(fault('graduated', tier(5, 1, 1), tier(4, 9, 2), tier(0))).toBeUndefined();
    expect(fault('volume', tier(5, 1, 10), tier(4))).toBeUndefined();
  });

  it.each([
    ['none', 'flat', [], 'a price needs a tier'],
    ['several where one is flat', 'flat', [tier(1, 1, 5), tier(1)], 'a flat price has one tier'],
    ['no denominator', 'flat', [tier(1, 0)], 'tier 0: the denominator of a rate is above 0'],
    ['less than nothing', 'graduated', [tier(1, 1, 5), tier(-1)], 'tier 1: a rate is not negative'],
    ['an end of all', 'volume', [tier(1, 1, 5)], 'the last tier has no end'],
    ['no end in between', 'volume', [tier(1), tier(1)], 'tier 0 needs an end'],
    ['no ascent', 'volume', [tier(1, 1, 5), tier(1, 1, 5), tier(1)], 'tier 1 ends where it begins, or before'],
    ['an end at nothing', 'volume', [tier(1, 1, 0), tier(1)], 'tier 0 ends where it begins, or before'],
  ] as const)('are not: %s', (_, model, tiers, wanted) => expect(faultOfTiers(model, tiers)).toBe(wanted));
});
