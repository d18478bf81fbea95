import type { ChargeLine, Posting, Source } from '@solyx/contracts';

/** Accounts of the ledger. Simulated money never meets real money. */
export const receivableAccount = (simulated: boolean): string => `${simulated ? 'simulated:' : ''}receivable`;
export const revenueAccount = (simulated: boolean, source: Source): string =>
  `${simulated ? 'simulated:' : ''}revenue:${source}`;

/** The double entry of a charge: the customer owes (debit, positive), each source earns (credit, negative). Sums to 0. */
export function postingsOf(lines: readonly ChargeLine[]): readonly Posting[] {
  const balances = new Map<string, bigint>();
  const post = (account: string, amount: bigint): void => {
    balances.set(account, (balances.get(account) ?? 0n) + amount);
  };
  for (const { simulated, source, amountMicroUsd } of lines) {
    const amount = BigInt(amountMicroUsd);
    post(receivableAccount(simulated), amount);
    post(revenueAccount(simulated, source), -amount);
  }
  return [...balances]
    .filter(([, amount]) => amount !== 0n)
    .map(([account, amount]) => ({ account, amountMicroUsd: amount.toString() }));
}
