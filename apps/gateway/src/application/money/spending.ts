import type { Clock } from '@solyx/kernel';
import type { BudgetScope } from '@solyx/contracts';
import { dayIn } from '../../domain/calendar';
import { parseInstant, type AtInput } from '../../domain/instant';
import type { BudgetScopeRow } from '../views';

export interface ScopedBudget {
  readonly scope: BudgetScope;
  readonly limitMicroUsd: string | null;
  readonly period: string | null;
  readonly spentMicroUsd: string;
  readonly projects: readonly string[];
  readonly thresholds: readonly number[];
  readonly reachedPercent: number;
}

/** The day by the calendar of the account. At a position there is none but the last one that was counted. */
export function todayOf(row: BudgetScopeRow, at: AtInput | null | undefined, clock: Clock): string {
  const parsed = parseInstant(at, clock.now());
  const instant = parsed.ok ? parsed.at : undefined;
  if (instant !== undefined && 'position' in instant) return row.day;
  return dayIn(instant === undefined ? clock.iso() : instant.time, row.zone);
}

/** What is spent of a limit in its present period. */
export function toBudget(row: BudgetScopeRow, today: string): ScopedBudget {
  const { scope, limitMicroUsd, period, projects, thresholds } = row;
  const month = row.day.slice(0, 7) === today.slice(0, 7) ? row.spentInMonth : '0';
  const day = row.day === today ? row.spentInDay : '0';
  const present = { day: today, month: today.slice(0, 7) }[period ?? ''] ?? 'total';
  return {
    ...{ scope, limitMicroUsd, period, projects, thresholds },
    spentMicroUsd: period === 'day' ? day : period === 'month' ? month : row.spentInAll,
    reachedPercent: row.reachedIn === present ? row.reachedPercent : 0,
  };
}
