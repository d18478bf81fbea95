import { divideHalfEven } from '@solyx/kernel';
import type { PriceTerms, PriceTier } from '@solyx/contracts';

const BPS = 10_000n;

/** One step with its numbers read: amount = (before + (quantity − from) × numerator) / denominator. */
interface Step {
  readonly from: bigint;
  /** Undefined in the last step. */
  readonly upTo: bigint | undefined;
  readonly before: bigint;
  readonly numerator: bigint;
  readonly denominator: bigint;
}

interface Compiled {
  readonly free: bigint;
  readonly steps: readonly Step[];
}

/** Positive, also where a rate is below zero (a discount on all). */
const gcd = (a: bigint, b: bigint): bigint => {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x < 0n ? -x : x;
};

const lcm = (a: bigint, b: bigint): bigint => (a / gcd(a, b)) * b;

interface Factor {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** A step's numbers without common divisors: smaller numbers are multiplied and divided faster. */
function stepOf(step: Step, factor: Factor): Step {
  const before = step.before * factor.numerator;
  const numerator = step.numerator * factor.numerator;
  const denominator = step.denominator * factor.denominator;
  const common = gcd(gcd(numerator, before), denominator);
  return { ...step, before: before / common, numerator: numerator / common, denominator: denominator / common };
}

function stepsOf(tiers: readonly PriceTier[], graduated: boolean, factor: Factor): readonly Step[] {
  const denominator = tiers.reduce((common, tier) => lcm(common, BigInt(tier.rateDenominator)), 1n);
  let from = 0n;
  let before = 0n;
  return tiers.map((tier) => {
    const numerator = BigInt(tier.rateNumerator) * (denominator / BigInt(tier.rateDenominator));
    const upTo = tier.upTo === undefined ? undefined : BigInt(tier.upTo);
    const step = stepOf({ from: graduated ? from : 0n, upTo, before, numerator, denominator }, factor);
    if (graduated && upTo !== undefined) {
      before += (upTo - from) * numerator;
      from = upTo;
    }
    return step;
  });
}

function compile({ tiers, model, freeQuantity, markupBps, discountBps }: PriceTerms): Compiled {
  const factor = {
    numerator: (BPS + BigInt(markupBps)) * (BPS - BigInt(discountBps)),
    denominator: BPS * BPS,
  };
  return { free: BigInt(freeQuantity ?? '0'), steps: stepsOf(tiers, model === 'graduated', factor) };
}

/** Terms never change, so their numbers are read once for each object that holds them. */
const compiled = new WeakMap<PriceTerms, Compiled>();

function compiledOf(terms: PriceTerms): Compiled {
  const known = compiled.get(terms);
  if (known) return known;
  const fresh = compile(terms);
  compiled.set(terms, fresh);
  return fresh;
}

/**
 * Micro-USD for a whole quantity under these terms: the exact fraction, rounded once, half to even. Free units come off
 * first; tiers count what is beyond them; markup and discount multiply the exact price. Nothing costs nothing, and so
 * does less than nothing. The terms must be sound (`faultOfTiers`).
 */
export function amountOf(terms: PriceTerms, quantity: bigint): bigint {
  const { free, steps } = compiledOf(terms);
  const billable = quantity - free;
  if (billable <= 0n) return 0n;
  for (const { from, upTo, before, numerator, denominator } of steps) {
    if (upTo !== undefined && billable > upTo) continue;
    return divideHalfEven(before + (billable - from) * numerator, denominator);
  }
  return 0n;
}

/** What a line has so far in its period. */
export interface LineTotal {
  readonly quantity: bigint;
  readonly amount: bigint;
}

export const NOTHING: LineTotal = { quantity: 0n, amount: 0n };

/**
 * What more usage costs: the amount of all there is then, less what was charged before. So the parts of a line add up to
 * the amount of its whole quantity, rounded once, in whatever order and in however many parts they came.
 */
export function nextTotal(
  terms: PriceTerms,
  before: LineTotal,
  quantity: bigint,
): LineTotal & { readonly added: bigint } {
  const all = before.quantity + quantity;
  const amount = amountOf(terms, all);
  return { quantity: all, amount, added: amount - before.amount };
}

/** What is wrong with the steps of a price, in words; undefined where nothing is. */
export function faultOfTiers(model: PriceTerms['model'], tiers: readonly PriceTier[]): string | undefined {
  if (tiers.length === 0) return 'a price needs a tier';
  if (model === 'flat' && tiers.length > 1) return 'a flat price has one tier';
  let from = 0n;
  for (const [index, { upTo, rateNumerator, rateDenominator }] of tiers.entries()) {
    if (BigInt(rateDenominator) <= 0n) return `tier ${index}: the denominator of a rate is above 0`;
    if (BigInt(rateNumerator) < 0n) return `tier ${index}: a rate is not negative`;
    const last = index === tiers.length - 1;
    if (last !== (upTo === undefined)) return last ? 'the last tier has no end' : `tier ${index} needs an end`;
    if (upTo === undefined) continue;
    if (BigInt(upTo) <= from) return `tier ${index} ends where it begins, or before`;
    from = BigInt(upTo);
  }
  return undefined;
}
