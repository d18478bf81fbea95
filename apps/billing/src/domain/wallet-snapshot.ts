import { PersistentMap, type SnapshotCodec } from '@solyx/kernel';
import { ledgerFromJson, ledgerToJson } from './ledger-snapshot';
import type { Grant, Marks, Wallet, WalletHold } from './wallet-state';

interface WalletJson {
  readonly ledger: unknown;
  readonly grants: readonly Grant[];
  readonly granted: readonly string[];
  readonly payments: readonly string[];
  readonly outages: readonly string[];
  readonly holds: readonly (readonly [string, Omit<WalletHold, 'amount'> & { readonly amount: string }])[];
  readonly drawn: readonly string[];
  readonly since?: string;
  readonly money: Omit<Marks, 'lowBelow'> & { readonly lowBelow: string };
  readonly rehearsal: Omit<Marks, 'lowBelow'> & { readonly lowBelow: string };
}

const keysOf = (map: PersistentMap<true>): readonly string[] => [...map.keys()].sort();
const setOf = (keys: readonly string[]): PersistentMap<true> =>
  PersistentMap.of(keys.map((key) => [key, true as const]));
const marksToJson = (marks: Marks): WalletJson['money'] => ({ ...marks, lowBelow: String(marks.lowBelow) });
const marksFromJson = (marks: WalletJson['money']): Marks => ({ ...marks, lowBelow: BigInt(marks.lowBelow) });

export const walletSnapshot: SnapshotCodec<Wallet> = {
  version: 1,
  every: 2_000,
  toJson: (wallet): WalletJson => ({
    ledger: ledgerToJson(wallet.ledger),
    grants: wallet.grants,
    granted: keysOf(wallet.granted),
    payments: keysOf(wallet.payments),
    outages: keysOf(wallet.outages),
    holds: [...wallet.holds.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, hold]) => [id, { ...hold, amount: String(hold.amount) }]),
    drawn: keysOf(wallet.drawn),
    ...(wallet.since === undefined ? {} : { since: wallet.since }),
    money: marksToJson(wallet.money),
    rehearsal: marksToJson(wallet.rehearsal),
  }),
  fromJson: (json) => {
    const kept = json as WalletJson;
    return {
      ledger: ledgerFromJson(kept.ledger),
      grants: kept.grants,
      granted: setOf(kept.granted),
      payments: setOf(kept.payments),
      outages: setOf(kept.outages),
      holds: PersistentMap.of(kept.holds.map(([id, hold]) => [id, { ...hold, amount: BigInt(hold.amount) }] as const)),
      drawn: setOf(kept.drawn),
      since: kept.since,
      money: marksFromJson(kept.money),
      rehearsal: marksFromJson(kept.rehearsal),
    };
  },
};
