import type { ChargeLine, ChargedResource } from '@solyx/contracts';
import type { ChargePosted } from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';

export interface ChargeRow {
  readonly chargeId: string;
  /** What it is for. */
  readonly resourceKind: ChargedResource['kind'];
  readonly resourceId: string;
  /** Empty where no job is meant; so with the attempt (0) and the allocation. */
  readonly jobId: string;
  readonly project: string;
  readonly attempt: number;
  readonly allocationId: string;
  /** `2026-01`, by the account's time zone: the invoice it is on. */
  readonly period: string;
  /** The finalised period that it corrects; empty where it corrects none. */
  readonly correctsPeriod: string;
  /** Of the simple list; 0 where a price book priced it. */
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
  version: 2,
  key: ({ data }) => data.chargeId,
  organization: ({ data }) => data.organizationId,
  initial: {
    chargeId: '',
    resourceKind: 'job',
    resourceId: '',
    jobId: '',
    project: '',
    attempt: 0,
    allocationId: '',
    period: '',
    correctsPeriod: '',
    priceListVersion: 0,
    lines: [],
    totalMicroUsd: '0',
    simulated: false,
    at: '',
  },
  indexes: ['jobId', 'project', 'period', 'resourceId'],
  on: {
    'billing.account.charge-posted': (_, data) => ({
      chargeId: data.chargeId,
      resourceKind: data.resource.kind,
      resourceId: data.resource.id,
      jobId: data.jobId ?? '',
      project: data.project,
      attempt: data.attempt ?? 0,
      allocationId: data.allocationId ?? '',
      period: data.period,
      correctsPeriod: data.correctsPeriod ?? '',
      priceListVersion: data.priceListVersion ?? 0,
      lines: data.lines,
      totalMicroUsd: data.totalMicroUsd,
      simulated: data.lines.some(({ simulated }) => simulated),
      at: data.at,
    }),
  },
});
