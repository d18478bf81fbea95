import fc from 'fast-check';
import { addMoney, applyRate, divideHalfEven, formatMicro, parseMicro, usd } from './money';

/** Half-even by another road: as decimal text of the exact fraction, digit by digit. */
function oracle(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n;
  const whole = (negative ? -numerator : numerator) / denominator;
  const rest = (negative ? -numerator : numerator) % denominator;
  const half = rest + rest - denominator;
  const isEven = whole.toString().endsWith('0') || /[2468]$/.test(whole.toString());
  const magnitude = half > 0n || (half === 0n && !isEven) ? whole + 1n : whole;
  return negative ? -magnitude : magnitude;
}

const micro = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
const positive = fc.bigInt({ min: 1n, max: 10n ** 24n });

describe('rounding', () => {
  it.each([
    [5n, 2n, 2n],
    [7n, 2n, 4n],
    [-5n, 2n, -2n],
    [-7n, 2n, -4n],
    [1n, 2n, 0n],
    [3n, 2n, 2n],
    [1n, 3n, 0n],
    [2n, 3n, 1n],
    [0n, 7n, 0n],
  ])('%d / %d is %d', (numerator, denominator, rounded) => {
    expect(divideHalfEven(numerator, denominator)).toBe(rounded);
  });

  it('is that of an independent reckoning, and of its mirror image', () => {
    fc.assert(
      fc.property(micro, positive, (numerator, denominator) => {
        const rounded = divideHalfEven(numerator, denominator);
        expect(rounded).toBe(oracle(numerator, denominator));
        expect(divideHalfEven(-numerator, denominator)).toBe(-rounded);
        const error = rounded * denominator - numerator;
        expect((error < 0n ? -error : error) * 2n).toBeLessThanOrEqual(denominator);
      }),
    );
  });

  it('is exact on ties, which are rare by chance', () => {
    fc.assert(
      fc.property(micro, positive, (whole, denominator) => {
        const tie = divideHalfEven((2n * whole + 1n) * denominator, 2n * denominator);
        expect(tie % 2n).toBe(0n);
        expect([whole, whole + 1n]).toContain(tie);
      }),
    );
  });

  it('has no answer without a positive denominator', () => {
    expect(() => divideHalfEven(1n, 0n)).toThrow(RangeError);
    expect(() => divideHalfEven(1n, -2n)).toThrow(RangeError);
  });

  it('happens once for a rate', () => {
    expect(applyRate(1_800_000n, { numerator: 2_500_000n, denominator: 3_600_000n })).toBe(1_250_000n);
  });
});

describe('amounts', () => {
  it('add up', () => expect(addMoney(usd(2n), usd(-5n))).toEqual({ micro: -3n, currency: 'USD' }));

  it('read back as they were written', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 21n) + 1n, max: 10n ** 21n - 1n }), (amount) => {
        expect(parseMicro(formatMicro(amount))).toBe(amount);
        expect(parseMicro(formatMicro(amount, true))).toBe(amount);
      }),
    );
  });

  it.each([
    ['25', 25_000_000n],
    ['0.000001', 1n],
    ['-3.5', -3_500_000n],
    [' 7 ', 7_000_000n],
  ])('reads %s', (text, amount) => expect(parseMicro(text)).toBe(amount));

  it.each(['', '.5', '1.', '1,5', '1e3', '0.0000001', '0x1', 'NaN', '1 2', '--1', '9'.repeat(16)])(
    'refuses "%s"',
    (text) => {
      expect(parseMicro(text)).toBeUndefined();
    },
  );

  it.each([
    [1_500_000n, '1.50'],
    [1_234_567n, '1.234567'],
    [-20n, '-0.00002'],
    [0n, '0.00'],
  ])('shows %d as %s', (amount, text) => expect(formatMicro(amount, true)).toBe(text));
});
