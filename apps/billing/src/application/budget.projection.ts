import { defineProjection } from '@solyx/eventing';
import { monthOf, type BudgetEvent, type BudgetPeriod } from '../domain/budget';

export interface BudgetRow {
  readonly organizationId: string;
  /** Empty: spending is not limited. */
  readonly limitMicroUsd: string;
  readonly period: BudgetPeriod | '';
  readonly heldMicroUsd: string;
  readonly spentMicroUsd: string;
  /** By month of UTC, `2026-01`: what a monthly limit is compared with. */
  readonly spentByMonth: Readonly<Record<string, string>>;
}

const plus = (a: string | undefined, b: string): string => (BigInt(a ?? '0') + BigInt(b)).toString();
const minus = (a: string, b: string): string => (BigInt(a) - BigInt(b)).toString();

/** How much may an organization still spend? */
export const budgetView = defineProjection<BudgetEvent, BudgetRow>({
  name: 'billing_budget',
  version: 1,
  key: ({ data }) => data.organizationId,
  organization: ({ data }) => data.organizationId,
  initial: {
    organizationId: '',
    limitMicroUsd: '',
    period: '',
    heldMicroUsd: '0',
    spentMicroUsd: '0',
    spentByMonth: {},
  },
  on: {
    'billing.budget.set': (row, { organizationId, limitMicroUsd, period }) => ({
      ...row,
      organizationId,
      limitMicroUsd,
      period,
    }),
    'billing.budget.hold-placed': (row, { organizationId, amountMicroUsd }) => ({
      ...row,
      organizationId,
      heldMicroUsd: plus(row.heldMicroUsd, amountMicroUsd),
    }),
    'billing.budget.charge-counted': (row, { organizationId, amountMicroUsd, fromHoldMicroUsd, at }) => ({
      ...row,
      organizationId,
      heldMicroUsd: minus(row.heldMicroUsd, fromHoldMicroUsd),
      spentMicroUsd: plus(row.spentMicroUsd, amountMicroUsd),
      spentByMonth: { ...row.spentByMonth, [monthOf(at)]: plus(row.spentByMonth[monthOf(at)], amountMicroUsd) },
    }),
    'billing.budget.hold-released': (row, { organizationId, releasedMicroUsd }) => ({
      ...row,
      organizationId,
      heldMicroUsd: minus(row.heldMicroUsd, releasedMicroUsd),
    }),
  },
});
