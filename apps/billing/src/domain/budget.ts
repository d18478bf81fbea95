import {
  accept,
  type Command,
  type Decider,
  derivePrefixedId,
  PersistentMap,
  refuse,
  type SnapshotCodec,
} from '@solyx/kernel';
import { BudgetSet, ChargeCounted, HoldPlaced, HoldReleased } from '@solyx/contracts/billing';

/** Without an amount the price list does not cover the job. */
export type PlaceHold = Omit<HoldPlaced['data'], 'amountMicroUsd'> & { readonly amountMicroUsd?: string };

export type BudgetCommand =
  | Command<'SetBudget', BudgetSet['data']>
  | Command<'PlaceHold', PlaceHold>
  | Command<'CountCharge', Omit<ChargeCounted['data'], 'fromHoldMicroUsd'>>
  | Command<'ReleaseHold', Omit<HoldReleased['data'], 'releasedMicroUsd'>>;
export type BudgetEvent = BudgetSet | HoldPlaced | ChargeCounted | HoldReleased;
export type BudgetRefusal = 'BudgetExceeded' | 'NoPrice';

export type BudgetPeriod = BudgetSet['data']['period'];

export interface BudgetLimit {
  readonly limitMicroUsd: bigint;
  readonly period: BudgetPeriod;
  /** When it was asked for, ISO 8601 UTC: what was asked for earlier and comes later changes nothing. */
  readonly at: string;
}

export interface Budget {
  /** Undefined: spending is not limited. */
  readonly limit: BudgetLimit | undefined;
  /** What each hold still has, micro-USD; a released one stays at 0, so that a late duplicate finds it. */
  readonly holds: PersistentMap<{ readonly remaining: bigint; readonly released: boolean }>;
  /** Sum over all holds. */
  readonly held: bigint;
  readonly counted: PersistentMap<true>;
  readonly spentTotal: bigint;
  /** By month, `2026-01`, UTC. */
  readonly spentByMonth: Readonly<Record<string, bigint>>;
}

export const holdIdOf = (jobId: string): string => derivePrefixedId('hold', jobId);

/** Months are those of UTC. */
export const monthOf = (at: string): string => at.slice(0, 7);

/** What counts against the limit at an instant, holds not included. */
export const spentAt = ({ limit, spentTotal, spentByMonth }: Budget, at: string): bigint =>
  limit?.period === 'month' ? (spentByMonth[monthOf(at)] ?? 0n) : spentTotal;

function placeHold(data: PlaceHold, budget: Budget) {
  const { amountMicroUsd, ...rest } = data;
  if (budget.holds.has(data.holdId)) return accept<BudgetEvent>();
  if (amountMicroUsd === undefined) return refuse('NoPrice', { jobId: data.jobId });
  const spent = spentAt(budget, data.at);
  const { limit, held } = budget;
  const amount = BigInt(amountMicroUsd);
  // A hold below zero would lend money, so it is never within a budget.
  if (amount < 0n || (limit && spent + held + amount > limit.limitMicroUsd)) {
    return refuse('BudgetExceeded', {
      jobId: data.jobId,
      limitMicroUsd: limit?.limitMicroUsd.toString() ?? 'none',
      period: limit?.period ?? 'none',
      spentMicroUsd: spent.toString(),
      heldMicroUsd: held.toString(),
      wantedMicroUsd: amountMicroUsd,
    });
  }
  return accept<BudgetEvent>(HoldPlaced({ ...rest, amountMicroUsd }));
}

const remainingOf = (budget: Budget, holdId: string): bigint => budget.holds.get(holdId)?.remaining ?? 0n;

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

function setBudget(data: BudgetSet['data'], { limit }: Budget) {
  const same = limit?.limitMicroUsd === BigInt(data.limitMicroUsd) && limit.period === data.period;
  return same || (limit && data.at < limit.at) ? accept<BudgetEvent>() : accept<BudgetEvent>(BudgetSet(data));
}

interface BudgetJson {
  readonly limit?: { readonly limitMicroUsd: string; readonly period: BudgetPeriod; readonly at: string };
  readonly holds: readonly (readonly [string, { readonly remaining: string; readonly released: boolean }])[];
  readonly counted: readonly string[];
  readonly spentTotal: string;
  readonly spentByMonth: Readonly<Record<string, string>>;
}

const mapValues = <A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

const snapshot: SnapshotCodec<Budget> = {
  version: 2,
  every: 2_000,
  toJson: ({ limit, holds, counted, spentTotal, spentByMonth }): BudgetJson => ({
    ...(limit ? { limit: { ...limit, limitMicroUsd: limit.limitMicroUsd.toString() } } : {}),
    holds: [...holds.entries()].map(([id, hold]) => [id, { ...hold, remaining: hold.remaining.toString() }]),
    counted: [...counted.entries()].map(([id]) => id),
    spentTotal: spentTotal.toString(),
    spentByMonth: mapValues(spentByMonth, String),
  }),
  fromJson: (json) => {
    const { limit, holds, counted, spentTotal, spentByMonth } = json as BudgetJson;
    const entries = holds.map(([id, hold]) => [id, { ...hold, remaining: BigInt(hold.remaining) }] as const);
    return {
      limit: limit && { ...limit, limitMicroUsd: BigInt(limit.limitMicroUsd) },
      holds: PersistentMap.of(entries),
      held: entries.reduce((sum, [, { remaining }]) => sum + remaining, 0n),
      counted: PersistentMap.of(counted.map((id) => [id, true] as const)),
      spentTotal: BigInt(spentTotal),
      spentByMonth: mapValues(spentByMonth, BigInt),
    };
  },
};

/**
 * What an organization may spend. A hold is set aside before a job may be placed: spent + held never passes the limit at
 * that moment. Charges and releases may come in any order, twice or late, and lead to the same spending.
 */
export const budgetDecider: Decider<BudgetCommand, Budget, BudgetEvent, BudgetRefusal> = {
  name: 'billing.budget',
  initial: {
    limit: undefined,
    holds: PersistentMap.empty(),
    held: 0n,
    counted: PersistentMap.empty(),
    spentTotal: 0n,
    spentByMonth: {},
  },
  snapshot,

  decide({ type, data }, budget) {
    switch (type) {
      case 'SetBudget':
        return setBudget(data, budget);
      case 'PlaceHold':
        return placeHold(data, budget);
      case 'CountCharge': {
        if (budget.counted.has(data.chargeId)) return accept();
        const fromHold = smaller(remainingOf(budget, data.holdId), BigInt(data.amountMicroUsd));
        return accept(ChargeCounted({ ...data, fromHoldMicroUsd: fromHold.toString() }));
      }
      case 'ReleaseHold': {
        if (budget.holds.get(data.holdId)?.released) return accept();
        // A job may end before its hold is asked for (a parked request): then the hold is never placed.
        return accept(HoldReleased({ ...data, releasedMicroUsd: remainingOf(budget, data.holdId).toString() }));
      }
    }
  },

  evolve(budget, { type, data }) {
    switch (type) {
      case 'billing.budget.set':
        return { ...budget, limit: { limitMicroUsd: BigInt(data.limitMicroUsd), period: data.period, at: data.at } };
      case 'billing.budget.hold-placed': {
        const remaining = BigInt(data.amountMicroUsd);
        const holds = budget.holds.set(data.holdId, { remaining, released: false });
        return { ...budget, holds, held: budget.held + remaining };
      }
      case 'billing.budget.charge-counted':
        return counted(budget, data);
      case 'billing.budget.hold-released': {
        const holds = budget.holds.set(data.holdId, { remaining: 0n, released: true });
        return { ...budget, holds, held: budget.held - BigInt(data.releasedMicroUsd) };
      }
    }
  },
};

function counted(budget: Budget, data: ChargeCounted['data']): Budget {
  const amount = BigInt(data.amountMicroUsd);
  const fromHold = BigInt(data.fromHoldMicroUsd);
  const hold = budget.holds.get(data.holdId);
  const month = monthOf(data.at);
  return {
    ...budget,
    holds: hold ? budget.holds.set(data.holdId, { ...hold, remaining: hold.remaining - fromHold }) : budget.holds,
    held: budget.held - fromHold,
    counted: budget.counted.set(data.chargeId, true),
    spentTotal: budget.spentTotal + amount,
    spentByMonth: { ...budget.spentByMonth, [month]: (budget.spentByMonth[month] ?? 0n) + amount },
  };
}
