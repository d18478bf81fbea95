import type { Posting } from '@solyx/contracts';
import { ledgerAccount, type AccountName } from '../chart-of-accounts';
import { postingsFrom } from '../postings';

/** One side of an entry before it is written down: debits positive, credits negative, micro-USD. */
export type Side = readonly [account: AccountName, amountMicroUsd: bigint];

/** A double entry of money, or of a rehearsal. */
export const doubleEntry = (simulated: boolean, ...sides: readonly Side[]): readonly Posting[] =>
  postingsFrom(sides.map(([name, amount]) => [ledgerAccount(name, simulated), amount] as const));
