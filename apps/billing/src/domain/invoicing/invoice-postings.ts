import type { CreditNoteLine, PaymentMethod, Posting } from '@solyx/contracts';
import { ledgerAccount, revenueAccount } from '../chart-of-accounts';
import { postingsFrom, type Entry } from '../postings';

/** Amounts of a document, micro-USD. */
export interface DocumentAmounts {
  readonly subtotal: bigint;
  readonly tax: bigint;
  /** Paid by credit of the customer: the wallet posted that when it was drawn. */
  readonly credit: bigint;
}

/** What was accrued is owed from now on, and the tax with it. */
export const issuedPostings = (simulated: boolean, { subtotal, tax, credit }: DocumentAmounts): readonly Posting[] =>
  postingsFrom([
    [ledgerAccount('receivable', simulated), subtotal + tax - credit],
    [ledgerAccount('accrued', simulated), credit - subtotal],
    [ledgerAccount('tax-payable', simulated), -tax],
  ]);

/** Nobody owes it any more; it was used all the same, so the platform bears it. */
export const voidedPostings = (simulated: boolean, { subtotal, tax, credit }: DocumentAmounts): readonly Posting[] =>
  postingsFrom([
    [ledgerAccount('receivable', simulated), credit - subtotal - tax],
    [ledgerAccount('write-off', simulated), subtotal - credit],
    [ledgerAccount('tax-payable', simulated), tax],
  ]);

/** Money came in; or the wallet gave it, which posted it against what is accrued, like every draw of it. */
export const paidPostings = (simulated: boolean, method: PaymentMethod, amount: bigint): readonly Posting[] =>
  postingsFrom([
    [ledgerAccount(method === 'wallet' ? 'accrued' : 'cash', simulated), amount],
    [ledgerAccount('receivable', simulated), -amount],
  ]);

/**
 * Revenue is given back where it was earned. What shared GPUs earned belongs to their owners, who delivered: the platform
 * bears that as a promotion.
 */
export function creditedPostings(
  simulated: boolean,
  lines: readonly Pick<CreditNoteLine, 'kind' | 'source' | 'amountMicroUsd'>[],
  tax: bigint,
): readonly Posting[] {
  const given = lines.map(({ kind, source, amountMicroUsd }): Entry => {
    const account =
      source === 'shared' ? ledgerAccount('promotion', simulated) : revenueAccount(kind, source, simulated);
    return [account, BigInt(amountMicroUsd)];
  });
  const whole = given.reduce((sum, [, amount]) => sum + amount, tax);
  return postingsFrom([
    ...given,
    [ledgerAccount('tax-payable', simulated), tax],
    [ledgerAccount('receivable', simulated), -whole],
  ]);
}
