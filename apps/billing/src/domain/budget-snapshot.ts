import { PersistentMap, type SnapshotCodec } from '@solyx/kernel';
import type { Budget, BudgetLimit, Hold, Spending } from './budget-state';

type Text<T> = { readonly [K in keyof T]: T[K] extends bigint ? string : T[K] };
type SpendingJson = {
  readonly held: string;
  readonly spentTotal: string;
  readonly spentByMonth: Readonly<Record<string, string>>;
  readonly spentByDay: Readonly<Record<string, string>>;
};
type Entries<T> = readonly (readonly [string, T])[];

interface BudgetJson extends SpendingJson {
  readonly limit?: Text<BudgetLimit>;
  readonly limits: Entries<Text<BudgetLimit>>;
  readonly removed: Entries<string>;
  readonly scopes: Entries<SpendingJson>;
  readonly teams: Entries<string>;
  readonly told: Entries<Readonly<Record<string, readonly number[]>>>;
  readonly holds: Entries<Text<Hold>>;
  readonly counted: readonly string[];
}

const mapValues = <A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

/** By key, so that the same state is the same text. */
const entriesOf = <A, B>(map: PersistentMap<A>, change: (value: A) => B): Entries<B> =>
  [...map.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, change(value)]);
const mapOf = <A, B>(entries: Entries<A>, change: (value: A) => B): PersistentMap<B> =>
  PersistentMap.of(entries.map(([key, value]) => [key, change(value)] as const));
const same = <T>(value: T): T => value;

const limitToJson = (limit: BudgetLimit): Text<BudgetLimit> => ({
  ...limit,
  limitMicroUsd: limit.limitMicroUsd.toString(),
});
const limitFromJson = (limit: Text<BudgetLimit>): BudgetLimit => ({
  ...limit,
  limitMicroUsd: BigInt(limit.limitMicroUsd),
});

const spendingToJson = ({ held, spentTotal, spentByMonth, spentByDay }: Spending): SpendingJson => ({
  held: held.toString(),
  spentTotal: spentTotal.toString(),
  spentByMonth: mapValues(spentByMonth, String),
  spentByDay: mapValues(spentByDay, String),
});
const spendingFromJson = ({ held, spentTotal, spentByMonth, spentByDay }: SpendingJson): Spending => ({
  held: BigInt(held),
  spentTotal: BigInt(spentTotal),
  spentByMonth: mapValues(spentByMonth, BigInt),
  spentByDay: mapValues(spentByDay, BigInt),
});

const holdToJson = (hold: Hold): Text<Hold> => ({
  ...hold,
  remaining: hold.remaining.toString(),
  amount: hold.amount.toString(),
  spent: hold.spent.toString(),
  placed: hold.placed.toString(),
});
const holdFromJson = (hold: Text<Hold>): Hold => ({
  ...hold,
  remaining: BigInt(hold.remaining),
  amount: BigInt(hold.amount),
  spent: BigInt(hold.spent),
  placed: BigInt(hold.placed),
});

export const budgetSnapshot: SnapshotCodec<Budget> = {
  version: 3,
  every: 2_000,
  toJson: (budget): BudgetJson => ({
    ...spendingToJson(budget),
    ...(budget.limit ? { limit: limitToJson(budget.limit) } : {}),
    limits: entriesOf(budget.limits, limitToJson),
    removed: entriesOf(budget.removed, same),
    scopes: entriesOf(budget.scopes, spendingToJson),
    teams: entriesOf(budget.teams, same),
    told: entriesOf(budget.told, same),
    holds: entriesOf(budget.holds, holdToJson),
    counted: [...budget.counted.keys()].sort(),
  }),
  fromJson: (json) => {
    const kept = json as BudgetJson;
    return {
      ...spendingFromJson(kept),
      limit: kept.limit && limitFromJson(kept.limit),
      limits: mapOf(kept.limits, limitFromJson),
      removed: mapOf(kept.removed, same),
      scopes: mapOf(kept.scopes, spendingFromJson),
      teams: mapOf(kept.teams, same),
      told: mapOf(kept.told, same),
      holds: mapOf(kept.holds, holdFromJson),
      counted: PersistentMap.of(kept.counted.map((id) => [id, true] as const)),
    };
  },
};
