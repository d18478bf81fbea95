import type { ChargePosted, UsageRecorded } from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';

export interface MeterRow {
  readonly stream: string;
  readonly organizationId: string;
  readonly meterId: string;
  /** UTC day of what is in it, `20260131`. */
  readonly day: string;
  readonly facts: number;
  /** Last event recorded, and last event charged; −1: none. */
  readonly recorded: number;
  readonly charged: number;
  readonly state: 'pending' | 'charged';
  /** Since when something waits to be charged; empty where nothing does. */
  readonly pendingSince: string;
}

const ofState = (row: MeterRow, pendingSince: string): MeterRow =>
  row.charged >= row.recorded
    ? { ...row, state: 'charged', pendingSince: '' }
    : { ...row, state: 'pending', pendingSince: row.pendingSince === '' ? pendingSince : row.pendingSince };

/** What was recorded of each meter and day, and is it charged? */
export const meterView = defineProjection<UsageRecorded | ChargePosted, MeterRow>({
  name: 'billing_meter',
  version: 1,
  key: ({ data, stream }) => ('meterId' in data ? stream : data.meter?.stream),
  organization: ({ data }) => data.organizationId,
  initial: {
    ...{ stream: '', organizationId: '', meterId: '', day: '', facts: 0 },
    ...{ recorded: -1, charged: -1, state: 'charged', pendingSince: '' },
  },
  indexes: ['state'],
  on: {
    'billing.meter.usage-recorded': (row, { organizationId, meterId, day, facts, at }, { stream, revision }) =>
      ofState(
        { ...row, stream, organizationId, meterId, day, facts: row.facts + facts.length, recorded: Number(revision) },
        at,
      ),
    'billing.account.charge-posted': (row, { meter }) =>
      ofState({ ...row, charged: Math.max(row.charged, meter?.revision ?? -1) }, row.pendingSince),
  },
});
