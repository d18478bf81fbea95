import type { ChargeLine } from '@solyx/contracts';
import type { ChargePosted } from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';

export interface ChargeRow {
  readonly chargeId: string;
  readonly jobId: string;
  readonly project: string;
  readonly attempt: number;
  readonly allocationId: string;
  readonly priceListVersion: number;
  readonly lines: readonly ChargeLine[];
  readonly totalMicroUsd: string;
  /** True where any line is: a rehearsal, not money. */
  readonly simulated: boolean;
  readonly at: string;
}

/** What was charged, line by line, with the events behind it? */
export const chargeView = defineProjection<ChargePosted, ChargeRow>({
  name: 'billing_charge',
  version: 1,
  key: ({ data }) => data.chargeId,
  organization: ({ data }) => data.organizationId,
  initial: {
    chargeId: '',
    jobId: '',
    project: '',
    attempt: 0,
    allocationId: '',
    priceListVersion: 0,
    lines: [],
    totalMicroUsd: '0',
    simulated: false,
    at: '',
  },
  indexes: ['jobId', 'project'],
  on: {
    'billing.account.charge-posted': (_, { organizationId: _organization, postings: _postings, ...charge }) => ({
      ...charge,
      simulated: charge.lines.some(({ simulated }) => simulated),
    }),
  },
});
