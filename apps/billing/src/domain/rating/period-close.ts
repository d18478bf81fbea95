import { divideHalfEven } from '@solyx/kernel';
import type { PriceBook, PriceTerms, WithdrawalFee } from '@solyx/contracts';

const BPS = 10_000n;
export const MICRO_USD = 'micro-usd';

const ofBook = ({ priceBookId }: PriceBook, version: number, entryId: string) => ({
  priceBookId,
  priceBookVersion: version,
  entryId,
  unit: MICRO_USD,
  markupBps: 0,
  discountBps: 0,
});

/**
 * A bulk discount as terms whose quantity is the period's usage in micro-USD: graduated, with rates below zero, so that
 * the line verifies like every other. Undefined where the book grants none.
 */
export function bulkDiscountTerms(book: PriceBook, version: number): PriceTerms | undefined {
  const [first, ...others] = book.bulkDiscounts;
  if (!first) return undefined;
  const begin = BigInt(first.aboveMicroUsd);
  const tiers = [first, ...others].map(({ discountBps }, index) => {
    const next = others[index];
    return {
      ...(next ? { upTo: (BigInt(next.aboveMicroUsd) - begin).toString() } : {}),
      rateNumerator: (-discountBps).toString(),
      rateDenominator: BPS.toString(),
    };
  });
  return { ...ofBook(book, version, 'bulk-discount'), model: 'graduated', tiers, freeQuantity: first.aboveMicroUsd };
}

/** What a period still lacks to its minimum, as a quantity of micro-USD at one micro-USD each. */
export const shortOfMinimum = ({ minimumMicroUsd = '0' }: PriceBook, spent: bigint): bigint =>
  BigInt(minimumMicroUsd) > spent ? BigInt(minimumMicroUsd) - spent : 0n;

export const minimumTerms = (book: PriceBook, version: number): PriceTerms => ({
  ...ofBook(book, version, 'minimum'),
  model: 'flat',
  tiers: [{ rateNumerator: '1', rateDenominator: '1' }],
});

/** What it costs to take an amount out: fixed part + part of the amount, rounded once, half-even; never above the most. */
export function withdrawalFeeOf({ fixedMicroUsd, bps, mostMicroUsd }: WithdrawalFee, amount: bigint): bigint {
  if (amount <= 0n) return 0n;
  const fee = BigInt(fixedMicroUsd) + divideHalfEven(amount * BigInt(bps), BPS);
  return mostMicroUsd !== undefined && fee > BigInt(mostMicroUsd) ? BigInt(mostMicroUsd) : fee;
}
