/** ISO 4217 code. One currency today; sums across currencies do not compile into each other. */
export type Currency = 'USD';

/** An amount in micro-units (1 USD = 1,000,000). Never a float. */
export interface Money {
  readonly micro: bigint;
  readonly currency: Currency;
}

/** An exact fraction of micro-units per unit of use, for example per GPU-milli-second. */
export interface Rate {
  readonly numerator: bigint;
  /** Greater than zero. */
  readonly denominator: bigint;
}

export const MICRO_PER_UNIT = 1_000_000n;

export const usd = (micro: bigint): Money => ({ micro, currency: 'USD' });

export const addMoney = (a: Money, b: Money): Money => ({ micro: a.micro + b.micro, currency: a.currency });

/** Rounds numerator / denominator to the nearest integer, ties to even (IEEE 754 roundTiesToEven). */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  if (denominator <= 0n) throw new RangeError('denominator must be positive');
  const negative = numerator < 0n;
  const n = negative ? -numerator : numerator;
  const quotient = n / denominator;
  const twice = (n % denominator) * 2n;
  const up = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  const rounded = up ? quotient + 1n : quotient;
  return negative ? -rounded : rounded;
}

/** quantity × rate, rounded once. */
export const applyRate = (quantity: bigint, rate: Rate): bigint =>
  divideHalfEven(quantity * rate.numerator, rate.denominator);

/** Parses "25", "0.000001" or "-3.5" into micro-units; undefined where it is not such a number. */
export function parseMicro(text: string): bigint | undefined {
  const match = /^(-)?(\d{1,15})(?:\.(\d{1,6}))?$/.exec(text.trim());
  if (!match) return undefined;
  const micro = BigInt(match[2] ?? '0') * MICRO_PER_UNIT + BigInt((match[3] ?? '').padEnd(6, '0') || '0');
  return match[1] ? -micro : micro;
}

/** "1.500000" for 1,500,000; with `trim`, zeros past the second decimal are dropped: "1.50". */
export function formatMicro(micro: bigint, trim = false): string {
  const sign = micro < 0n ? '-' : '';
  const abs = micro < 0n ? -micro : micro;
  const fraction = (abs % MICRO_PER_UNIT).toString().padStart(6, '0');
  const shown = trim ? fraction.replace(/0{1,4}$/, '') : fraction;
  return `${sign}${abs / MICRO_PER_UNIT}.${shown}`;
}

/** The sum of integers of any size as events and views carry them: in decimal text. */
export const addIntegers = (a: string, b: bigint | string): string => (BigInt(a) + BigInt(b)).toString();
