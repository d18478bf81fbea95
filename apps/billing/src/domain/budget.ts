import { accept, derivePrefixedId, refuse, type Command, type Decider, type Decision } from '@solyx/kernel';
import type { BudgetScope } from '@solyx/contracts';
import {
  BudgetHoldRaised,
  BudgetRemoved,
  BudgetSet,
  BudgetThresholdReached,
  ChargeCounted,
  HoldPlaced,
  HoldReleased,
} from '@solyx/contracts/billing';
import { periodKeyOf, UTC } from './budget-period';
import { budgetSnapshot } from './budget-snapshot';
import {
  dimensionsOf,
  evolveBudget,
  limitOf,
  NO_BUDGET,
  NO_SPENDING,
  scopeKeyOf,
  thresholdsOf,
  type Budget,
  type BudgetEvent,
  type BudgetLimit,
  type Dimensions,
  type Spending,
} from './budget-state';

export { monthOf, type BudgetPeriod } from './budget-period';
export type { Budget, BudgetEvent, BudgetLimit } from './budget-state';

/** Zone: IANA name, by whose calendar days and months are cut; UTC where it is left out. */
interface Zoned {
  readonly zone?: string;
}
/** Without an amount the price list does not cover the job. */
export type PlaceHold = Omit<HoldPlaced['data'], 'amountMicroUsd'> & Zoned & { readonly amountMicroUsd?: string };
/** The amount is all that is to be set aside in it, what was spent of it already included. */
export type RaiseHold = Omit<BudgetHoldRaised['data'], 'byMicroUsd' | keyof Dimensions> & Zoned;

export type BudgetCommand =
  | Command<'SetBudget', BudgetSet['data']>
  | Command<'RemoveBudget', BudgetRemoved['data']>
  | Command<'PlaceHold', PlaceHold>
  | Command<'RaiseHold', RaiseHold>
  | Command<'CountCharge', Omit<ChargeCounted['data'], 'fromHoldMicroUsd'>>
  | Command<'ReleaseHold', Omit<HoldReleased['data'], 'releasedMicroUsd' | keyof Dimensions>>;
export type BudgetRefusal = 'BudgetExceeded' | 'BudgetsFull' | 'HoldUnknown' | 'NoPrice';
type Decided = Decision<BudgetEvent, BudgetRefusal>;

/** Limits of parts that an organization may have at once. */
export const BUDGETS_MAX = 1_000;
const HUNDRED = 100n;

export const holdIdOf = (jobId: string): string => derivePrefixedId('hold', jobId);

/** What counts against the organization's limit at an instant, holds not included. */
export const spentAt = (budget: Budget, at: string, zone = UTC): bigint =>
  budget.limit ? spentWithin(budget, budget.limit, at, zone) : budget.spentTotal;

export function spentWithin(spending: Spending, { period }: BudgetLimit, at: string, zone: string): bigint {
  if (period === 'total') return spending.spentTotal;
  const key = periodKeyOf(period, at, zone);
  return (period === 'day' ? spending.spentByDay[key] : spending.spentByMonth[key]) ?? 0n;
}

/** A limit that something counts against, and what its scope has spent. */
interface Applied {
  readonly scope: BudgetScope;
  readonly limit: BudgetLimit;
  readonly spending: Spending;
}

interface Subject extends Dimensions {
  readonly organizationId: string;
  readonly holdId?: string;
  readonly jobId?: string;
}

/** The figures of a scope now: a job's are those of its hold. */
export function spendingOf(budget: Budget, scope: BudgetScope, holdId = holdIdOf(scope.id)): Spending {
  if (scope.kind === 'organization') return budget;
  if (scope.kind !== 'job') return budget.scopes.get(scopeKeyOf(scope)) ?? NO_SPENDING;
  const hold = budget.holds.get(holdId);
  return hold ? { ...NO_SPENDING, held: hold.remaining, spentTotal: hold.spent } : NO_SPENDING;
}

/** Every limit that binds this, the widest first. */
function appliedTo(budget: Budget, subject: Subject): readonly Applied[] {
  const { organizationId, team, project, keyId, jobId, holdId } = subject;
  const named = [
    ['organization', organizationId],
    ['team', team],
    ['project', project],
    ['key', keyId],
    ['job', jobId],
  ] as const;
  return named.flatMap(([kind, id]) => {
    if (id === undefined) return [];
    const scope = { kind, id };
    const limit = limitOf(budget, scopeKeyOf(scope));
    return limit ? [{ scope, limit, spending: spendingOf(budget, scope, holdId) }] : [];
  });
}

interface Wanted extends Subject, Zoned {
  readonly at: string;
}

/** What a refusal says to who waits for the answer: for which attempt, and what those before it cost. */
function askedBy({ attempt, spentMicroUsd }: RaiseHold) {
  const spent = spentMicroUsd === undefined ? {} : { holdSpentMicroUsd: spentMicroUsd };
  return attempt === undefined ? spent : { attempt, ...spent };
}

/** The first budget that so much more would overshoot. All of them are asked, in one decision. */
function overshot(budget: Budget, wanted: Wanted, amount: bigint): Decided | undefined {
  const { jobId = '', at, zone = UTC } = wanted;
  const details = (applied: Applied | undefined) => ({
    jobId,
    scope: applied?.scope.kind ?? 'none',
    scopeId: applied?.scope.id ?? 'none',
    limitMicroUsd: applied?.limit.limitMicroUsd.toString() ?? 'none',
    period: applied?.limit.period ?? 'none',
    spentMicroUsd: applied ? spentWithin(applied.spending, applied.limit, at, zone).toString() : '0',
    heldMicroUsd: (applied?.spending ?? budget).held.toString(),
    wantedMicroUsd: amount.toString(),
  });
  // A hold below zero would lend money, so it is never within a budget.
  if (amount < 0n) return refuse('BudgetExceeded', details(undefined));
  const over = appliedTo(budget, wanted).find(
    ({ limit, spending }) => spentWithin(spending, limit, at, zone) + spending.held + amount > limit.limitMicroUsd,
  );
  return over && refuse('BudgetExceeded', details(over));
}

const teamOf = (budget: Budget, { team, project }: Dimensions): string | undefined =>
  team ?? (project === undefined ? undefined : budget.teams.get(project));

/** With the team that its project belongs to now. */
function withTeam(budget: Budget, of: Dimensions): Dimensions {
  const team = teamOf(budget, of);
  return team === undefined ? of : { ...of, team };
}

function placeHold({ zone, amountMicroUsd, ...data }: PlaceHold, budget: Budget): Decided {
  if (budget.holds.has(data.holdId)) return accept();
  if (amountMicroUsd === undefined) return refuse('NoPrice', { jobId: data.jobId });
  const of = withTeam(budget, data);
  const zoned = zone === undefined ? {} : { zone };
  const fault = overshot(budget, { ...data, ...of, ...zoned }, BigInt(amountMicroUsd));
  return fault ?? accept(HoldPlaced({ ...data, ...dimensionsOf(of), amountMicroUsd }));
}

function raiseHold({ zone, ...data }: RaiseHold, budget: Budget): Decided {
  const hold = budget.holds.get(data.holdId);
  if (!hold || hold.released) return refuse('HoldUnknown', { jobId: data.jobId });
  const by = BigInt(data.amountMicroUsd) - hold.amount;
  if (by <= 0n || hold.fixed) return accept();
  const zoned = zone === undefined ? {} : { zone };
  const fault = overshot(budget, { ...dimensionsOf(hold), ...data, ...zoned }, by);
  if (fault?.accepted === false) return refuse(fault.reason, { ...fault.details, ...askedBy(data) });
  return fault ?? accept(BudgetHoldRaised({ ...data, ...dimensionsOf(hold), byMicroUsd: by.toString() }));
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const remainingOf = (budget: Budget, holdId: string): bigint => budget.holds.get(holdId)?.remaining ?? 0n;

/** Thresholds that are reached now and were not told in this period. */
function reached(budget: Budget, subject: Subject, at: string, zone: string): readonly BudgetEvent[] {
  return appliedTo(budget, subject).flatMap(({ scope, limit, spending }) => {
    const spent = spentWithin(spending, limit, at, zone);
    const periodKey = periodKeyOf(limit.period, at, zone);
    const told = budget.told.get(scopeKeyOf(scope))?.[periodKey] ?? [];
    return limit.thresholds
      .filter((percent) => spent > 0n && spent * HUNDRED >= limit.limitMicroUsd * BigInt(percent))
      .filter((percent) => !told.includes(percent))
      .map((thresholdPercent) =>
        BudgetThresholdReached({
          organizationId: subject.organizationId,
          scope,
          period: limit.period,
          periodKey,
          thresholdPercent,
          limitMicroUsd: limit.limitMicroUsd.toString(),
          spentMicroUsd: spent.toString(),
          at,
        }),
      );
  });
}

function countCharge(data: Omit<ChargeCounted['data'], 'fromHoldMicroUsd'>, budget: Budget): Decided {
  if (budget.counted.has(data.chargeId)) return accept();
  const hold = budget.holds.get(data.holdId);
  // It counts where its hold does, also where the project has moved to another team since: so what is held there shrinks.
  const of = hold && hold.amount > 0n ? dimensionsOf(hold) : dimensionsOf(withTeam(budget, data));
  // A correction in the customer's favour does not fill the hold again: it lowers what was spent.
  const amount = BigInt(data.amountMicroUsd);
  const fromHold = amount > 0n ? smaller(remainingOf(budget, data.holdId), amount) : 0n;
  const { project: _project, team: _team, keyId: _key, ...charge } = data;
  const event = ChargeCounted({ ...charge, ...of, fromHoldMicroUsd: fromHold.toString() });
  const after = evolveBudget(budget, event);
  return accept<BudgetEvent>(event, ...reached(after, { ...charge, ...of }, data.at, data.zone ?? UTC));
}

function sameAs(limit: BudgetLimit, budget: Budget, data: BudgetSet['data']): boolean {
  const thresholds = thresholdsOf(data.thresholds);
  const members = data.projects ?? [];
  const team = data.scope?.kind === 'team' ? data.scope.id : undefined;
  const known = [...budget.teams.entries()].filter(([, of]) => of === team).map(([project]) => project);
  return (
    limit.limitMicroUsd === BigInt(data.limitMicroUsd) &&
    limit.period === data.period &&
    limit.thresholds.join() === thresholds.join() &&
    (team === undefined || (known.length === members.length && members.every((one) => known.includes(one))))
  );
}

function setBudget(data: BudgetSet['data'], budget: Budget): Decided {
  const key = scopeKeyOf(data.scope);
  const limit = limitOf(budget, key);
  const newest = limit?.at ?? budget.removed.get(key);
  if (newest !== undefined && data.at < newest) return accept();
  // A job has no days and months of its own.
  const asked = data.scope?.kind === 'job' ? { ...data, period: 'total' as const } : data;
  if (limit && sameAs(limit, budget, asked)) return accept();
  if (!limit && budget.limits.size >= BUDGETS_MAX) return refuse('BudgetsFull', { limit: BUDGETS_MAX });
  const event = BudgetSet(asked);
  const after = evolveBudget(budget, event);
  const { kind, id } = data.scope ?? { kind: 'organization' as const, id: data.organizationId };
  const dimension = {
    organization: {},
    team: { team: id },
    project: { project: id },
    key: { keyId: id },
    job: { jobId: id },
  };
  const subject = { organizationId: data.organizationId, ...dimension[kind] };
  const told = reached(after, subject, data.at, data.zone ?? UTC).filter(
    (one) => one.type === 'billing.budget.threshold-reached' && scopeKeyOf(one.data.scope) === key,
  );
  return accept<BudgetEvent>(event, ...told);
}

function removeBudget(data: BudgetRemoved['data'], budget: Budget): Decided {
  const limit = limitOf(budget, scopeKeyOf(data.scope));
  return !limit || data.at < limit.at ? accept() : accept(BudgetRemoved(data));
}

/**
 * What an organization and its parts may spend. A hold is set aside before work may be placed: spent + held never passes
 * any limit at that moment. Charges and releases may come in any order, twice or late, and lead to the same spending.
 */
export const budgetDecider: Decider<BudgetCommand, Budget, BudgetEvent, BudgetRefusal> = {
  name: 'billing.budget',
  initial: NO_BUDGET,
  snapshot: budgetSnapshot,
  evolve: evolveBudget,

  decide({ type, data }, budget) {
    switch (type) {
      case 'SetBudget':
        return setBudget(data, budget);
      case 'RemoveBudget':
        return removeBudget(data, budget);
      case 'PlaceHold':
        return placeHold(data, budget);
      case 'RaiseHold':
        return raiseHold(data, budget);
      case 'CountCharge':
        return countCharge(data, budget);
      case 'ReleaseHold': {
        const hold = budget.holds.get(data.holdId);
        if (hold?.released) return accept();
        // A job may end before its hold is asked for (a parked request): then the hold is never placed.
        const releasedMicroUsd = remainingOf(budget, data.holdId).toString();
        return accept(HoldReleased({ ...data, ...dimensionsOf(hold ?? {}), releasedMicroUsd }));
      }
    }
  },
};
