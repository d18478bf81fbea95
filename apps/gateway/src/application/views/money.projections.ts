import type { ChargedResource, ChargeLine } from '@solyx/contracts';
import type { BudgetHoldRaised, ChargeCounted, ChargePosted, HoldPlaced, HoldReleased } from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';
import { addIntegers } from '@solyx/kernel';

export interface ChargeRow {
  readonly id: string;
  readonly organizationId: string;
  /** Empty where no job is meant. */
  readonly jobId: string;
  readonly attempt: number;
  readonly project: string;
  readonly resourceKind: ChargedResource['kind'];
  readonly resourceId: string;
  /** `2026-01`: the invoice it is on, and the finalised one that it corrects, where it does. */
  readonly period: string;
  readonly correctsPeriod: string | null;
  readonly totalMicroUsd: string;
  readonly lines: readonly ChargeLine[];
  /** Of the simple list; 0 where a price book priced it. */
  readonly priceListVersion: number;
  readonly at: string;
  readonly position: string;
}

/** Charges with their lines and the events that prove them. */
export const gatewayCharge = defineProjection<ChargePosted, ChargeRow>({
  name: 'gateway_charge',
  version: 2,
  key: ({ data }) => data.chargeId,
  organization: ({ data }) => data.organizationId,
  indexes: ['jobId', 'project', 'period', 'resourceId'],
  initial: {
    id: '',
    organizationId: '',
    jobId: '',
    attempt: 1,
    project: '',
    resourceKind: 'job',
    resourceId: '',
    period: '',
    correctsPeriod: null,
    totalMicroUsd: '0',
    lines: [],
    priceListVersion: 1,
    at: '',
    position: '0',
  },
  on: {
    'billing.account.charge-posted': (_row, data, { position }) => ({
      id: data.chargeId,
      organizationId: data.organizationId,
      jobId: data.jobId ?? '',
      attempt: data.attempt ?? 1,
      project: data.project,
      resourceKind: data.resource.kind,
      resourceId: data.resource.id,
      period: data.period,
      correctsPeriod: data.correctsPeriod ?? null,
      totalMicroUsd: data.totalMicroUsd,
      lines: data.lines,
      priceListVersion: data.priceListVersion ?? 0,
      at: data.at,
      position: String(position),
    }),
  },
});

export interface BudgetRow {
  readonly organizationId: string;
  readonly heldMicroUsd: string;
  /** Every charge ever posted, counted against a budget or not. */
  readonly chargedMicroUsd: string;
}

type BudgetEvent = HoldPlaced | BudgetHoldRaised | ChargeCounted | HoldReleased | ChargePosted;

const minus = (a: string, b: string): string => {
  const left = BigInt(a) - BigInt(b);
  return left < 0n ? '0' : String(left);
};

/** One row per organization: what is held for jobs, and all that was ever charged. */
export const gatewayBudget = defineProjection<BudgetEvent, BudgetRow>({
  name: 'gateway_budget',
  version: 3,
  key: ({ data }) => data.organizationId,
  organization: ({ data }) => data.organizationId,
  initial: { organizationId: '', heldMicroUsd: '0', chargedMicroUsd: '0' },
  on: {
    'billing.budget.hold-placed': (row, { organizationId, amountMicroUsd }) => ({
      ...row,
      organizationId,
      heldMicroUsd: addIntegers(row.heldMicroUsd, amountMicroUsd),
    }),
    'billing.budget.hold-raised': (row, { organizationId, byMicroUsd }) => ({
      ...row,
      organizationId,
      heldMicroUsd: addIntegers(row.heldMicroUsd, byMicroUsd),
    }),
    'billing.budget.charge-counted': (row, { organizationId, fromHoldMicroUsd }) => ({
      ...row,
      organizationId,
      heldMicroUsd: minus(row.heldMicroUsd, fromHoldMicroUsd),
    }),
    'billing.budget.hold-released': (row, { organizationId, releasedMicroUsd }) => ({
      ...row,
      organizationId,
      heldMicroUsd: minus(row.heldMicroUsd, releasedMicroUsd),
    }),
    'billing.account.charge-posted': (row, { organizationId, totalMicroUsd }) => ({
      ...row,
      organizationId,
      chargedMicroUsd: addIntegers(row.chargedMicroUsd, totalMicroUsd),
    }),
  },
});
