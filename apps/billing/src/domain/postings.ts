import type { ChargeLine, Posting } from '@solyx/contracts';
import { isSimulatedAccount, ledgerAccount, revenueAccount } from './chart-of-accounts';

/** An amount for an account: debits positive, credits negative. */
export type Entry = readonly [account: string, amount: bigint];

/** Entries of one account become one posting, in order of first mention; what sums to nothing is left out. */
export function postingsFrom(entries: Iterable<Entry>): readonly Posting[] {
  const balances = new Map<string, bigint>();
  for (const [account, amount] of entries) balances.set(account, (balances.get(account) ?? 0n) + amount);
  return [...balances]
    .filter(([, amount]) => amount !== 0n)
    .map(([account, amount]) => ({ account, amountMicroUsd: amount.toString() }));
}

/** What was posted, the other way around: a correction, or the end of what was pending. */
export const reversed = (postings: readonly Posting[]): readonly Posting[] =>
  postings.map(({ account, amountMicroUsd }) => ({ account, amountMicroUsd: (-BigInt(amountMicroUsd)).toString() }));

/** Whether debits equal credits: of money, and of rehearsals by themselves. There is one currency, USD. */
export function zeroSum(postings: readonly Posting[]): boolean {
  let money = 0n;
  let rehearsed = 0n;
  for (const { account, amountMicroUsd } of postings) {
    if (isSimulatedAccount(account)) rehearsed += BigInt(amountMicroUsd);
    else money += BigInt(amountMicroUsd);
  }
  return money === 0n && rehearsed === 0n;
}

/** Who earns a line: its provider and, for the fee, we; or we alone. */
function* earned(line: ChargeLine): Generator<Entry> {
  const { kind, source, simulated, providerId, providerAmountMicroUsd } = line;
  const amount = BigInt(line.amountMicroUsd);
  if (providerId === undefined || providerAmountMicroUsd === undefined) {
    yield [revenueAccount(kind, source, simulated), -amount];
    return;
  }
  // What others share is sold in their name: of it only the fee is ours.
  const theirs = BigInt(providerAmountMicroUsd);
  yield [ledgerAccount(`provider-payable:${providerId}`, simulated), -theirs];
  yield [ledgerAccount('platform-fee', simulated), theirs - amount];
}

/** The double entry of a charge: used and not yet invoiced (debit), earned by category and source (credit). Sums to 0. */
export function postingsOf(lines: readonly ChargeLine[]): readonly Posting[] {
  const entries = lines.flatMap((line): readonly Entry[] => [
    [ledgerAccount('accrued', line.simulated), BigInt(line.amountMicroUsd)],
    ...earned(line),
  ]);
  return postingsFrom(entries);
}
