import type { BudgetScope } from '@solyx/contracts';
import { BudgetSet, type ChargeCounted } from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';
import { dayOf, monthOf, type BudgetPeriod } from '../domain/budget-period';
import { partKeysOf, scopeKeyOf, thresholdsOf, type BudgetEvent, type Dimensions } from '../domain/budget-state';

export interface BudgetRow {
  readonly organizationId: string;
  /** `organization`, or a part of it: `team`, `project`, `key`, `job`. */
  readonly scope: BudgetScope['kind'];
  /** Id or name of the scope. */
  readonly scopeId: string;
  /** Empty: spending is not limited. */
  readonly limitMicroUsd: string;
  readonly period: BudgetPeriod | '';
  /** Percent at which people are told. */
  readonly thresholds: readonly number[];
  /** Projects of a team. */
  readonly projects: readonly string[];
  readonly heldMicroUsd: string;
  readonly spentMicroUsd: string;
  /** By month of the account's zone, `2026-01`: what a monthly limit is compared with. The newest twelve. */
  readonly spentByMonth: Readonly<Record<string, string>>;
  /** By day, `2026-01-31`: the newest forty. */
  readonly spentByDay: Readonly<Record<string, string>>;
  /** The threshold that was told of last, in the period of `toldIn`; 0 where none was. */
  readonly toldPercent: number;
  readonly toldIn: string;
}

const MONTHS_SHOWN = 12;
const DAYS_SHOWN = 40;

export const budgetKey = (organizationId: string, scopeKey: string): string =>
  scopeKey === 'organization' ? organizationId : `${organizationId}/${scopeKey}`;

/** Rows of all that something counts for: the organization and its parts. A job's figures are those of its hold. */
const keysFor = (data: { readonly organizationId: string } & Dimensions): readonly string[] =>
  ['organization', ...partKeysOf(data)].map((key) => budgetKey(data.organizationId, key));

const plus = (a: string | undefined, b: string): string => (BigInt(a ?? '0') + BigInt(b)).toString();
const minus = (a: string, b: string): string => (BigInt(a) - BigInt(b)).toString();

const newest = (record: Readonly<Record<string, string>>, most: number): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(record).sort().slice(-most));

/** Which scope a row is of, from its key. */
function scopeIn(organizationId: string, key: string): Pick<BudgetRow, 'organizationId' | 'scope' | 'scopeId'> {
  if (key === organizationId) return { organizationId, scope: 'organization', scopeId: organizationId };
  const scopeKey = key.slice(organizationId.length + 1);
  const colon = scopeKey.indexOf(':');
  const scope = scopeKey.slice(0, colon) as BudgetScope['kind'];
  return { organizationId, scope, scopeId: scopeKey.slice(colon + 1) };
}

function spent(row: BudgetRow, { amountMicroUsd, fromHoldMicroUsd, at, zone }: ChargeCounted['data']): BudgetRow {
  const [month, day] = [monthOf(at, zone), dayOf(at, zone)];
  const byMonth = { ...row.spentByMonth, [month]: plus(row.spentByMonth[month], amountMicroUsd) };
  const byDay = { ...row.spentByDay, [day]: plus(row.spentByDay[day], amountMicroUsd) };
  return {
    ...row,
    heldMicroUsd: minus(row.heldMicroUsd, fromHoldMicroUsd),
    spentMicroUsd: plus(row.spentMicroUsd, amountMicroUsd),
    spentByMonth: newest(byMonth, MONTHS_SHOWN),
    spentByDay: newest(byDay, DAYS_SHOWN),
  };
}

/** How much may an organization still spend, and each part of it? */
export const budgetView = defineProjection<BudgetEvent, BudgetRow>({
  name: 'billing_budget',
  version: 2,
  key: ({ type, data }) =>
    'scope' in data || type === BudgetSet.type
      ? budgetKey(data.organizationId, scopeKeyOf('scope' in data ? data.scope : undefined))
      : keysFor(data),
  organization: ({ data }) => data.organizationId,
  indexes: ['scope', 'scopeId'],
  initial: {
    organizationId: '',
    scope: 'organization',
    scopeId: '',
    limitMicroUsd: '',
    period: '',
    thresholds: [],
    projects: [],
    heldMicroUsd: '0',
    spentMicroUsd: '0',
    spentByMonth: {},
    spentByDay: {},
    toldPercent: 0,
    toldIn: '',
  },
  on: {
    'billing.budget.set': (row, { organizationId, limitMicroUsd, period, thresholds, projects = [] }, _, key) => ({
      ...row,
      ...scopeIn(organizationId, key),
      ...{ limitMicroUsd, period, projects, toldPercent: 0, toldIn: '' },
      thresholds: thresholdsOf(thresholds),
    }),
    'billing.budget.removed': (row) => ({
      ...row,
      ...{ limitMicroUsd: '', period: '', thresholds: [], projects: [], toldPercent: 0, toldIn: '' },
    }),
    'billing.budget.threshold-reached': (row, { thresholdPercent, periodKey }) => ({
      ...row,
      toldPercent: thresholdPercent,
      toldIn: periodKey,
    }),
    'billing.budget.hold-placed': (row, { organizationId, amountMicroUsd }, _, key) => ({
      ...row,
      ...scopeIn(organizationId, key),
      heldMicroUsd: plus(row.heldMicroUsd, amountMicroUsd),
    }),
    'billing.budget.hold-raised': (row, { byMicroUsd }) => ({
      ...row,
      heldMicroUsd: plus(row.heldMicroUsd, byMicroUsd),
    }),
    'billing.budget.charge-counted': (row, data, _, key) =>
      spent({ ...row, ...scopeIn(data.organizationId, key) }, data),
    'billing.budget.hold-released': (row, { organizationId, releasedMicroUsd }, _, key) => ({
      ...row,
      ...scopeIn(organizationId, key),
      heldMicroUsd: minus(row.heldMicroUsd, releasedMicroUsd),
    }),
  },
});
