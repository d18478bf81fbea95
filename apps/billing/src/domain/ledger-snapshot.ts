import { PersistentMap } from '@solyx/kernel';
import type { Ledger } from './ledger';

interface LedgerJson {
  readonly sequence: number;
  readonly accounts: readonly (readonly [string, readonly [string, string, string, string]])[];
  readonly pending: readonly (readonly [string, string, readonly (readonly [string, string])[]])[];
  readonly ended: readonly string[];
}

const byKey = <T>(entries: Iterable<readonly [string, T]>): readonly (readonly [string, T])[] =>
  [...entries].sort(([a], [b]) => (a < b ? -1 : 1));

/** As JSON, accounts and transfers by name: the same ledger is the same text. */
export const ledgerToJson = (ledger: Ledger): LedgerJson => ({
  sequence: ledger.sequence,
  accounts: byKey(ledger.accounts.entries()).map(([account, balance]) => [
    account,
    [
      String(balance.debitsPosted),
      String(balance.creditsPosted),
      String(balance.debitsPending),
      String(balance.creditsPending),
    ],
  ]),
  pending: byKey(ledger.pending.entries()).map(([id, { expiresAt, amounts }]) => [
    id,
    expiresAt,
    byKey(amounts).map(([account, amount]) => [account, String(amount)] as const),
  ]),
  ended: [...ledger.ended.keys()].sort(),
});

export function ledgerFromJson(json: unknown): Ledger {
  const { sequence, accounts, pending, ended } = json as LedgerJson;
  return {
    sequence,
    accounts: PersistentMap.of(
      accounts.map(([account, [debits, credits, debitsPending, creditsPending]]) => [
        account,
        {
          debitsPosted: BigInt(debits),
          creditsPosted: BigInt(credits),
          debitsPending: BigInt(debitsPending),
          creditsPending: BigInt(creditsPending),
        },
      ]),
    ),
    pending: PersistentMap.of(
      pending.map(([id, expiresAt, amounts]) => [
        id,
        { expiresAt, amounts: new Map(amounts.map(([account, amount]) => [account, BigInt(amount)] as const)) },
      ]),
    ),
    ended: PersistentMap.of(ended.map((id) => [id, true as const])),
  };
}
