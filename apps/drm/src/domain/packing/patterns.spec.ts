import fc from 'fast-check';
import { driftPpm, patternProgram, payingPattern, plainPatterns } from './patterns';

const SIZES = [11, 23, 33, 47, 81];

describe('Patterns of slices', () => {
  it('begin with one size each, as often as it fits', () => {
    expect(plainPatterns([33, 50, 100])).toEqual([
      [3, 0, 0],
      [0, 2, 0],
      [0, 0, 1],
    ]);
  });

  it('cost a GPU each, whatever they are cut into', () => {
    expect(patternProgram([2, 1], [[3, 0]])).toEqual({ atLeast: [2, 1], columns: [{ cost: 1, gives: [3, 0] }] });
  });

  it('are worth another column only when they are worth more than a GPU', () => {
    // Thirds and halves at their plain prices: a half and a third leave a sixth, and pay nothing.
    expect(payingPattern([33, 50], [333_333, 500_000])).toBeUndefined();
    // 33 and 60 fill 93 of 100, and are together worth more than one.
    expect(payingPattern([33, 60], [300_000, 750_000])).toEqual([1, 1]);
  });

  it('never cut more from a GPU than it has, and are the best that does', () => {
    const prices = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(prices, fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 5, maxLength: 5 }), (price, other) => {
        const worth = (pattern: readonly number[]): number => pattern.reduce((sum, n, at) => sum + n * price[at]!, 0);
        const size = (pattern: readonly number[]): number => pattern.reduce((sum, n, at) => sum + n * SIZES[at]!, 0);
        const best = payingPattern(SIZES, price);
        if (best) expect(size(best)).toBeLessThanOrEqual(100);
        if (size(other) <= 100) expect(worth(other)).toBeLessThanOrEqual(best ? worth(best) : 1_000_010);
      }),
      { numRuns: 2_000 },
    );
  });

  it('drift is half of what moved', () => {
    const then = new Map([
      [230, 400_000],
      [470, 600_000],
    ]);
    expect(driftPpm(then, then)).toBe(0);
    expect(driftPpm(then, new Map([[810, 1_000_000]]))).toBe(1_000_000);
    expect(driftPpm(then, new Map([...then, [470, 500_000], [810, 100_000]]))).toBe(100_000);
    expect(driftPpm(new Map(), then)).toBe(500_000);
  });
});
