import type { ChargePosted, CommitmentAdded, PeriodClosed } from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';
import { addIntegers, type Recorded } from '@solyx/kernel';

export interface PeriodRow {
  readonly organizationId: string;
  /** `2026-01`, by the calendar of the account's time zone. */
  readonly period: string;
  readonly state: 'open' | 'closed';
  readonly charges: number;
  readonly totalMicroUsd: string;
  readonly simulatedMicroUsd: string;
  readonly closedAt: string;
}

type PeriodEvent = ChargePosted | CommitmentAdded | PeriodClosed;

/** A commitment is paid for in each of these at least. */
const MONTHS_MAX = 120;

/** Months of UTC that an interval touches: each of them is looked at when it ends. */
export function monthsOf(from: string, to: string): readonly string[] {
  const months: string[] = [];
  let [year, month] = [Number(from.slice(0, 4)), Number(from.slice(5, 7))];
  for (let count = 0; count < MONTHS_MAX; count += 1) {
    const id = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`;
    if (`${id}-01` >= to) break;
    months.push(id);
    [year, month] = month === 12 ? [year + 1, 1] : [year, month + 1];
  }
  return months;
}

export const periodKey = (organizationId: string, period: string): string => `${organizationId}/${period}`;

function keysOf({ type, data }: Recorded<PeriodEvent>): readonly string[] {
  if (type === 'billing.account.commitment-added') {
    const { organizationId, commitment } = data as CommitmentAdded['data'];
    return monthsOf(commitment.from, commitment.to).map((month) => periodKey(organizationId, month));
  }
  const { organizationId, period } = data as PeriodClosed['data'];
  return [periodKey(organizationId, period)];
}

/** Which periods does an account have, and which of them are closed? */
export const periodView = defineProjection<PeriodEvent, PeriodRow>({
  name: 'billing_period',
  version: 1,
  key: keysOf,
  organization: ({ data }) => data.organizationId,
  initial: {
    ...{ organizationId: '', period: '', state: 'open', charges: 0 },
    ...{ totalMicroUsd: '0', simulatedMicroUsd: '0', closedAt: '' },
  },
  indexes: ['state', 'period'],
  on: {
    'billing.account.charge-posted': (row, { organizationId, period, totalMicroUsd, lines }) => {
      const rehearsed = lines.reduce((sum, one) => (one.simulated ? sum + BigInt(one.amountMicroUsd) : sum), 0n);
      return {
        ...row,
        organizationId,
        period,
        charges: row.charges + 1,
        totalMicroUsd: addIntegers(row.totalMicroUsd, BigInt(totalMicroUsd) - rehearsed),
        simulatedMicroUsd: addIntegers(row.simulatedMicroUsd, rehearsed),
      };
    },
    'billing.account.commitment-added': (row, { organizationId }, _event, key) => ({
      ...row,
      organizationId,
      period: key.slice(-'2026-01'.length),
    }),
    'billing.account.period-closed': (row, { organizationId, period, at }) => ({
      ...row,
      organizationId,
      period,
      state: 'closed',
      closedAt: at,
    }),
  },
});
