import fc from 'fast-check';
import { propertyRuns } from '@solyx/testing';
import { split } from './split';

const parts = (amount: number, ...weights: readonly number[]) => split(BigInt(amount), weights.map(BigInt)).map(Number);

describe('A split', () => {
  it('gives each its share', () => expect(parts(100, 1, 3)).toEqual([25, 75]));
  it('gives what is left to whoever lost most', () => {
    expect(parts(10, 1, 2, 4)).toEqual([1, 3, 6]);
    expect(parts(10, 4, 2, 1)).toEqual([6, 3, 1]);
    expect(parts(9, 2, 3, 2)).toEqual([3, 4, 2]);
  });
  it('gives it to the first among equals', () => expect(parts(10, 1, 1, 1)).toEqual([4, 3, 3]));
  it('gives one unit more at most', () => expect(parts(11, 1, 1, 1)).toEqual([4, 4, 3]));
  it('takes as it gives', () => expect(parts(-10, 1, 1, 1)).toEqual([-4, -3, -3]));
  it('gives nothing to no weight', () => expect(parts(7, 0, 2, 0)).toEqual([0, 7, 0]));
  it('gives all to the first where nobody has any', () => expect(parts(7, 0, 0)).toEqual([7, 0]));
  it('of nobody is nothing', () => expect(split(7n, [])).toEqual([]));

  it('adds up, and is within one unit of each share', () => {
    const weights = fc.array(fc.bigInt({ min: 0n, max: 10n ** 9n }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), weights, (amount, by) => {
        const got = split(amount, by);
        expect(got.reduce((sum, part) => sum + part, 0n)).toBe(amount);
        const whole = by.reduce((sum, weight) => sum + weight, 0n);
        if (whole === 0n) return;
        for (const [index, part] of got.entries()) {
          const off = part * whole - amount * by[index]!;
          expect(off < whole && off > -whole).toBe(true);
        }
      }),
      propertyRuns(200),
    );
  });
});
