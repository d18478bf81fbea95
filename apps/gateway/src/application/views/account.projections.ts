import type { BudgetScope, ChargeLine } from '@solyx/contracts';
import type {
  AccountProfileSet,
  BudgetRemoved,
  BudgetSet,
  BudgetThresholdReached,
  ChargeCounted,
  ChargePosted,
  PeriodClosed,
  PriceBookAssigned,
} from '@solyx/contracts/billing';
import { addIntegers, type Recorded } from '@solyx/kernel';
import { defineProjection } from '@solyx/eventing';
import { dayIn } from '../../domain/calendar';

export interface ProfileRow {
  readonly organizationId: string;
  readonly timeZone: string;
  readonly graceHours: number;
  readonly legalEntityId: string | null;
  readonly mode: string;
  readonly plan: string;
  readonly costCentre: string | null;
  /** The newest period that is closed. */
  readonly closedPeriod: string | null;
  readonly priceBooks: readonly { readonly priceBookId: string; readonly effectiveFrom: string }[];
  readonly position: string;
}

const GRACE_HOURS = 72;
const BOOKS_KEPT = 64;

/** How an organization is billed: its zone, its grace, its books. */
export const gatewayProfile = defineProjection<AccountProfileSet | PriceBookAssigned | PeriodClosed, ProfileRow>({
  name: 'gateway_profile',
  version: 1,
  key: ({ data }) => data.organizationId,
  organization: ({ data }) => data.organizationId,
  initial: {
    ...{ organizationId: '', timeZone: 'UTC', graceHours: GRACE_HOURS, legalEntityId: null, mode: 'postpaid' },
    ...{ plan: 'free', costCentre: null, closedPeriod: null, priceBooks: [], position: '0' },
  },
  on: {
    'billing.account.profile-set': (row, data, { position }) => ({
      ...row,
      ...{ organizationId: data.organizationId, timeZone: data.timeZone, graceHours: data.graceHours },
      ...{ legalEntityId: data.legalEntityId, mode: data.mode, plan: data.plan, costCentre: data.costCentre ?? null },
      position: String(position),
    }),
    'billing.account.price-book-assigned': (row, { organizationId, priceBookId, effectiveFrom }, { position }) => ({
      ...row,
      organizationId,
      priceBooks: [...row.priceBooks, { priceBookId, effectiveFrom }].slice(-BOOKS_KEPT),
      position: String(position),
    }),
    'billing.account.period-closed': (row, { organizationId, period }, { position }) => ({
      ...row,
      organizationId,
      closedPeriod: row.closedPeriod === null || period > row.closedPeriod ? period : row.closedPeriod,
      position: String(position),
    }),
  },
});

export interface UsageRow {
  readonly id: string;
  readonly organizationId: string;
  readonly period: string;
  readonly project: string;
  readonly kind: string;
  readonly skuId: string;
  readonly description: string;
  readonly source: string;
  readonly simulated: boolean;
  readonly quantity: string;
  readonly unit: string;
  readonly amountMicroUsd: string;
  readonly from: string;
  readonly to: string;
  readonly charges: number;
  readonly position: string;
}

const usageId = ({ organizationId, period, project }: ChargePosted['data'], line: ChargeLine): string =>
  [organizationId, period, project, line.lineKey ?? `${line.kind}/${line.source}/${line.gpuModel}`]
    .concat(line.simulated ? ['simulated'] : [])
    .join('/');

const earlier = (a: string, b: string): string => (a === '' || b < a ? b : a);
const later = (a: string, b: string): string => (b > a ? b : a);

/** What was used in a period, by what makes one line of its invoice. */
export const gatewayUsage = defineProjection<ChargePosted, UsageRow>({
  name: 'gateway_usage',
  version: 1,
  key: ({ data }: Recorded<ChargePosted>) => [...new Set(data.lines.map((line) => usageId(data, line)))],
  organization: ({ data }) => data.organizationId,
  indexes: ['period', 'project'],
  initial: {
    ...{ id: '', organizationId: '', period: '', project: '', kind: '', skuId: '', description: '', source: 'owned' },
    ...{ simulated: false, quantity: '0', unit: '', amountMicroUsd: '0', from: '', to: '', charges: 0, position: '0' },
  },
  on: {
    'billing.account.charge-posted': (row, data, { position }, key) => {
      const lines = data.lines.filter((line) => usageId(data, line) === key);
      const [first] = lines;
      if (first === undefined) return row;
      const { kind, skuId, description, source, simulated, unit } = first;
      return lines.reduce<UsageRow>(
        (sum, line) => ({
          ...sum,
          quantity: addIntegers(sum.quantity, line.quantity),
          amountMicroUsd: addIntegers(sum.amountMicroUsd, line.amountMicroUsd),
          from: earlier(sum.from, line.from),
          to: later(sum.to, line.to),
        }),
        {
          ...row,
          ...{ id: key, organizationId: data.organizationId, period: data.period, project: data.project, kind },
          ...{ skuId: skuId ?? '', description, source, simulated, unit, charges: row.charges + 1 },
          position: String(position),
        },
      );
    },
  },
});

export interface BudgetScopeRow {
  readonly id: string;
  readonly organizationId: string;
  readonly scope: BudgetScope;
  /** Null: not limited by itself, only counted. */
  readonly limitMicroUsd: string | null;
  readonly period: string | null;
  readonly projects: readonly string[];
  readonly thresholds: readonly number[];
  readonly zone: string;
  /** `2026-01-31`: what `spentInDay` counts; its month is that of `spentInMonth`. */
  readonly day: string;
  readonly spentInDay: string;
  readonly spentInMonth: string;
  readonly spentInAll: string;
  /** The highest threshold reached, and in which period. */
  readonly reachedPercent: number;
  readonly reachedIn: string;
  readonly position: string;
}

type ScopeEvent = BudgetSet | BudgetRemoved | ChargeCounted | BudgetThresholdReached;

const idOfScope = (organizationId: string, { kind, id }: BudgetScope): string => `${organizationId}/${kind}/${id}`;
const whole = (organizationId: string): BudgetScope => ({ kind: 'organization', id: organizationId });

/** A charge counts for all whose money it is. */
function scopesOf(data: ScopeEvent['data']): readonly BudgetScope[] {
  if (!('chargeId' in data)) return [data.scope ?? whole(data.organizationId)];
  const { organizationId, team, project, keyId, jobId } = data;
  const part = (kind: BudgetScope['kind'], id: string | undefined): readonly BudgetScope[] =>
    id === undefined ? [] : [{ kind, id }];
  return [
    whole(organizationId),
    ...[...part('team', team), ...part('project', project), ...part('key', keyId), ...part('job', jobId)],
  ];
}

function spent(row: BudgetScopeRow, micro: string, at: string): BudgetScopeRow {
  const day = dayIn(at, row.zone);
  const sameMonth = day.slice(0, 7) === row.day.slice(0, 7);
  return {
    ...row,
    day,
    spentInDay: addIntegers(day === row.day ? row.spentInDay : '0', micro),
    spentInMonth: addIntegers(sameMonth ? row.spentInMonth : '0', micro),
    spentInAll: addIntegers(row.spentInAll, micro),
  };
}

/** Limits by whose spending it is: of a job only where it has one, else each job would have a row. */
export const gatewayBudgetScope = defineProjection<ScopeEvent, BudgetScopeRow>({
  name: 'gateway_budget_scope',
  version: 1,
  key: ({ data }) => scopesOf(data).map((scope) => idOfScope(data.organizationId, scope)),
  organization: ({ data }) => data.organizationId,
  initial: {
    ...{ id: '', organizationId: '', scope: { kind: 'organization', id: '' }, limitMicroUsd: null, period: null },
    ...{ projects: [], thresholds: [], zone: 'UTC', day: '', spentInDay: '0', spentInMonth: '0', spentInAll: '0' },
    ...{ reachedPercent: 0, reachedIn: '', position: '0' },
  },
  on: {
    'billing.budget.set': (row, data, { position }, key) => ({
      ...row,
      ...{ id: key, organizationId: data.organizationId, scope: data.scope ?? whole(data.organizationId) },
      ...{ limitMicroUsd: data.limitMicroUsd, period: data.period, projects: data.projects ?? [] },
      ...{ thresholds: data.thresholds ?? [50, 80, 100], zone: data.zone ?? row.zone, position: String(position) },
    }),
    'billing.budget.removed': (row, _data, { position }) =>
      row.scope.kind === 'job' ? undefined : { ...row, limitMicroUsd: null, period: null, position: String(position) },
    'billing.budget.charge-counted': (row, data, { position }, key) => {
      const scope = scopesOf(data).find((one) => idOfScope(data.organizationId, one) === key);
      if (!scope || (scope.kind === 'job' && row.limitMicroUsd === null)) return undefined;
      const named = { ...row, id: key, organizationId: data.organizationId, scope };
      return { ...spent(named, data.amountMicroUsd, data.at), position: String(position) };
    },
    'billing.budget.threshold-reached': (row, { thresholdPercent, periodKey }, { position }) => ({
      ...row,
      reachedPercent: row.reachedIn === periodKey ? Math.max(row.reachedPercent, thresholdPercent) : thresholdPercent,
      ...{ reachedIn: periodKey, position: String(position) },
    }),
  },
});
