import { PersistentMap, type SnapshotCodec } from '@solyx/kernel';
import type { Account, JobUsage, PeriodBook, Usage } from './account-state';

interface BookJson {
  readonly charges: number;
  readonly total: string;
  readonly simulated: string;
  readonly lines: readonly (readonly [string, string, string])[];
}

interface AccountJson extends Omit<Account, 'usages' | 'jobs' | 'rated' | 'periods'> {
  readonly usages: readonly (readonly [string, Usage])[];
  readonly jobs: readonly (readonly [string, JobUsage])[];
  readonly rated: readonly (readonly [string, number])[];
  readonly periods: Readonly<Record<string, BookJson>>;
}

const bookToJson = ({ charges, total, simulated, lines }: PeriodBook): BookJson => ({
  charges,
  total: total.toString(),
  simulated: simulated.toString(),
  lines: [...lines.entries()].map(([key, { quantity, amount }]) => [key, quantity.toString(), amount.toString()]),
});

const bookFromJson = ({ charges, total, simulated, lines }: BookJson): PeriodBook => ({
  charges,
  total: BigInt(total),
  simulated: BigInt(simulated),
  lines: PersistentMap.of(
    lines.map(([key, quantity, amount]) => [key, { quantity: BigInt(quantity), amount: BigInt(amount) }] as const),
  ),
});

const mapValues = <A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

/** An account as it is kept between starts. */
export const accountSnapshot: SnapshotCodec<Account> = {
  version: 2,
  every: 2_000,
  toJson: (account): AccountJson => ({
    ...account,
    usages: [...account.usages.entries()],
    jobs: [...account.jobs.entries()],
    rated: [...account.rated.entries()],
    periods: mapValues(account.periods, bookToJson),
  }),
  fromJson: (json) => {
    const account = json as AccountJson;
    return {
      ...account,
      usages: PersistentMap.of(account.usages),
      jobs: PersistentMap.of(account.jobs),
      rated: PersistentMap.of(account.rated),
      periods: mapValues(account.periods, bookFromJson),
    };
  },
};
