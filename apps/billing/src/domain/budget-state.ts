import { PersistentMap } from '@solyx/kernel';
import { BUDGET_THRESHOLDS, type BudgetScope } from '@solyx/contracts';
import type {
  BudgetHoldRaised,
  BudgetRemoved,
  BudgetSet,
  BudgetThresholdReached,
  ChargeCounted,
  HoldPlaced,
  HoldReleased,
} from '@solyx/contracts/billing';
import { dayOf, monthOf, type BudgetPeriod } from './budget-period';

export type BudgetEvent =
  BudgetSet | BudgetRemoved | BudgetThresholdReached | HoldPlaced | BudgetHoldRaised | ChargeCounted | HoldReleased;

export interface BudgetLimit {
  readonly limitMicroUsd: bigint;
  readonly period: BudgetPeriod;
  /** Percent at which people are told, ascending. */
  readonly thresholds: readonly number[];
  /** When it was asked for, ISO 8601 UTC: what was asked for earlier and comes later changes nothing. */
  readonly at: string;
}

/** What a scope has set aside and spent, micro-USD. */
export interface Spending {
  /** Sum over its holds. */
  readonly held: bigint;
  readonly spentTotal: bigint;
  /** By month, `2026-01`, and by day, `2026-01-31`, of the account's zone; the oldest are forgotten. */
  readonly spentByMonth: Readonly<Record<string, bigint>>;
  readonly spentByDay: Readonly<Record<string, bigint>>;
}

/** Which scopes, besides the organization, something counts for. */
export interface Dimensions {
  readonly project?: string;
  readonly team?: string;
  readonly keyId?: string;
}

export interface Hold extends Dimensions {
  /** What it still has; a released one stays at 0, so that a late duplicate finds it. */
  readonly remaining: bigint;
  readonly released: boolean;
  /** All that was ever set aside in it. */
  readonly amount: bigint;
  /** What its job cost so far. */
  readonly spent: bigint;
  /** What one attempt may need; a hold that is fixed is never raised. */
  readonly placed: bigint;
  readonly fixed: boolean;
}

/** Percents that were told, by period. */
type Told = Readonly<Record<string, readonly number[]>>;

/** The organization's own figures, and those of its parts. */
export interface Budget extends Spending {
  /** Undefined: spending of the organization is not limited. */
  readonly limit: BudgetLimit | undefined;
  /** Of the other scopes, by `scopeKeyOf`. */
  readonly limits: PersistentMap<BudgetLimit>;
  /** When a limit was removed, by scope: an older wish does not bring it back. */
  readonly removed: PersistentMap<string>;
  readonly scopes: PersistentMap<Spending>;
  /** Which team a project belongs to, by project. */
  readonly teams: PersistentMap<string>;
  readonly told: PersistentMap<Told>;
  readonly holds: PersistentMap<Hold>;
  readonly counted: PersistentMap<true>;
}

export const NO_SPENDING: Spending = { held: 0n, spentTotal: 0n, spentByMonth: {}, spentByDay: {} };

export const NO_BUDGET: Budget = {
  ...NO_SPENDING,
  limit: undefined,
  limits: PersistentMap.empty(),
  removed: PersistentMap.empty(),
  scopes: PersistentMap.empty(),
  teams: PersistentMap.empty(),
  told: PersistentMap.empty(),
  holds: PersistentMap.empty(),
  counted: PersistentMap.empty(),
};

const NO_HOLD: Hold = { remaining: 0n, released: false, amount: 0n, spent: 0n, placed: 0n, fixed: false };
const DAYS_KEPT = 40;
const MONTHS_KEPT = 120;
const PERIODS_TOLD = 3;

/** A stream is of one organization, so its id is not part of the key. */
export const scopeKeyOf = (scope: BudgetScope | undefined): string =>
  scope === undefined || scope.kind === 'organization' ? 'organization' : `${scope.kind}:${scope.id}`;

/** Keys of the parts that keep figures of their own. */
export const partKeysOf = ({ project, team, keyId }: Dimensions): readonly string[] => [
  ...(team === undefined ? [] : [`team:${team}`]),
  ...(project === undefined ? [] : [`project:${project}`]),
  ...(keyId === undefined ? [] : [`key:${keyId}`]),
];

/** Only what is known, so that facts carry no empty fields. */
export const dimensionsOf = ({ project, team, keyId }: Dimensions): Dimensions => ({
  ...(project === undefined ? {} : { project }),
  ...(team === undefined ? {} : { team }),
  ...(keyId === undefined ? {} : { keyId }),
});

export const limitOf = (budget: Budget, key: string): BudgetLimit | undefined =>
  key === 'organization' ? budget.limit : budget.limits.get(key);

function newest<T>(record: Readonly<Record<string, T>>, most: number): Readonly<Record<string, T>> {
  const keys = Object.keys(record);
  if (keys.length <= most) return record;
  return Object.fromEntries(
    keys
      .sort()
      .slice(-most)
      .map((key) => [key, record[key] as T]),
  );
}

const plus = (
  record: Readonly<Record<string, bigint>>,
  key: string,
  amount: bigint,
): Readonly<Record<string, bigint>> => ({ ...record, [key]: (record[key] ?? 0n) + amount });

interface Change {
  readonly held: bigint;
  readonly spent?: { readonly amount: bigint; readonly at: string; readonly zone: string | undefined };
}

function changed<S extends Spending>(spending: S, { held, spent }: Change): S {
  const next = { ...spending, held: spending.held + held };
  if (!spent) return next;
  const { amount, at, zone } = spent;
  return {
    ...next,
    spentTotal: next.spentTotal + amount,
    spentByMonth: newest(plus(next.spentByMonth, monthOf(at, zone), amount), MONTHS_KEPT),
    spentByDay: newest(plus(next.spentByDay, dayOf(at, zone), amount), DAYS_KEPT),
  };
}

/** The figures of the organization and of each part change alike. */
function spread(budget: Budget, of: Dimensions, change: Change): Budget {
  let { scopes } = budget;
  for (const key of partKeysOf(of)) scopes = scopes.set(key, changed(scopes.get(key) ?? NO_SPENDING, change));
  return changed({ ...budget, scopes }, change);
}

export const thresholdsOf = (thresholds: readonly number[] | undefined): readonly number[] =>
  [...new Set(thresholds ?? BUDGET_THRESHOLDS)].sort((a, b) => a - b);

function isSet(budget: Budget, data: BudgetSet['data']): Budget {
  const key = scopeKeyOf(data.scope);
  const limitMicroUsd = BigInt(data.limitMicroUsd);
  const { period, at } = data;
  const limit = { limitMicroUsd, period, thresholds: thresholdsOf(data.thresholds), at };
  const before = limitOf(budget, key);
  // Another limit is told of from the start.
  const anew = before?.limitMicroUsd !== limitMicroUsd || before.period !== period;
  const told = anew ? budget.told.delete(key) : budget.told;
  const teams = data.scope?.kind === 'team' ? membersOf(budget, data.scope.id, data.projects ?? []) : budget.teams;
  if (key === 'organization') return { ...budget, limit, told, teams };
  return { ...budget, limits: budget.limits.set(key, limit), told, teams };
}

function membersOf({ teams }: Budget, team: string, projects: readonly string[]): PersistentMap<string> {
  const others = PersistentMap.of([...teams.entries()].filter(([, of]) => of !== team));
  return projects.reduce((map, project) => map.set(project, team), others);
}

function isRemoved(budget: Budget, { scope, at }: BudgetRemoved['data']): Budget {
  const key = scopeKeyOf(scope);
  const next = { ...budget, removed: budget.removed.set(key, at), told: budget.told.delete(key) };
  if (key === 'organization') return { ...next, limit: undefined };
  const teams = scope.kind === 'team' ? membersOf(budget, scope.id, []) : budget.teams;
  return { ...next, limits: budget.limits.delete(key), teams };
}

function isTold(budget: Budget, { scope, periodKey, thresholdPercent }: BudgetThresholdReached['data']): Budget {
  const key = scopeKeyOf(scope);
  const before = budget.told.get(key) ?? {};
  const percents = [...(before[periodKey] ?? []), thresholdPercent];
  return { ...budget, told: budget.told.set(key, newest({ ...before, [periodKey]: percents }, PERIODS_TOLD)) };
}

function isCounted(budget: Budget, data: ChargeCounted['data']): Budget {
  const amount = BigInt(data.amountMicroUsd);
  const fromHold = BigInt(data.fromHoldMicroUsd);
  const hold = budget.holds.get(data.holdId);
  const holds = hold
    ? budget.holds.set(data.holdId, { ...hold, remaining: hold.remaining - fromHold, spent: hold.spent + amount })
    : budget.holds;
  const counted = budget.counted.set(data.chargeId, true);
  const spent = { amount, at: data.at, zone: data.zone };
  return spread({ ...budget, holds, counted }, data, { held: -fromHold, spent });
}

function isReleased(budget: Budget, data: HoldReleased['data']): Budget {
  const hold: Hold = budget.holds.get(data.holdId) ?? NO_HOLD;
  const holds = budget.holds.set(data.holdId, { ...hold, remaining: 0n, released: true });
  return spread({ ...budget, holds }, hold, { held: -BigInt(data.releasedMicroUsd) });
}

export function evolveBudget(budget: Budget, { type, data }: BudgetEvent): Budget {
  switch (type) {
    case 'billing.budget.set':
      return isSet(budget, data);
    case 'billing.budget.removed':
      return isRemoved(budget, data);
    case 'billing.budget.threshold-reached':
      return isTold(budget, data);
    case 'billing.budget.hold-placed': {
      const amount = BigInt(data.amountMicroUsd);
      const own = { placed: amount, fixed: data.fixed ?? false, ...dimensionsOf(data) };
      const hold = { remaining: amount, released: false, amount, spent: 0n, ...own };
      return spread({ ...budget, holds: budget.holds.set(data.holdId, hold) }, data, { held: amount });
    }
    case 'billing.budget.hold-raised': {
      const by = BigInt(data.byMicroUsd);
      const hold = budget.holds.get(data.holdId);
      if (!hold) return budget;
      const raised = { ...hold, remaining: hold.remaining + by, amount: hold.amount + by };
      return spread({ ...budget, holds: budget.holds.set(data.holdId, raised) }, hold, { held: by });
    }
    case 'billing.budget.charge-counted':
      return isCounted(budget, data);
    case 'billing.budget.hold-released':
      return isReleased(budget, data);
  }
}
