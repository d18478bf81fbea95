import type { EarningKind, EarningPart } from '@solyx/contracts';
import type { ProviderDisputed, ProviderDisputeResolved, ProviderEarned } from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';

export interface EarningRow {
  readonly earningId: string;
  readonly providerId: string;
  readonly kind: EarningKind;
  readonly chargeId: string;
  /** A rehearsal: never paid out. */
  readonly simulated: boolean;
  readonly grossMicroUsd: string;
  readonly feeBps: number;
  readonly feeMicroUsd: string;
  readonly netMicroUsd: string;
  readonly parts: readonly EarningPart[];
  readonly usedAt: string;
  readonly reserveUntil: string;
  readonly dispute: 'None' | 'Open' | 'Upheld' | 'Rejected';
  readonly disputeId: string;
  /** Taken from the owner by a dispute. */
  readonly forfeitedMicroUsd: string;
}

/** What did an owner earn by which charge, and is it disputed? */
export const earningView = defineProjection<ProviderEarned | ProviderDisputed | ProviderDisputeResolved, EarningRow>({
  name: 'billing_earning',
  version: 1,
  key: ({ data }) => data.earningId,
  organization: ({ data }) => data.providerId,
  initial: {
    ...{ earningId: '', providerId: '', kind: 'gpu', chargeId: '', simulated: false, grossMicroUsd: '0' },
    ...{ feeBps: 0, feeMicroUsd: '0', netMicroUsd: '0', parts: [], usedAt: '', reserveUntil: '' },
    ...{ dispute: 'None', disputeId: '', forfeitedMicroUsd: '0' },
  },
  indexes: ['chargeId', 'dispute'],
  on: {
    'billing.provider.earned': (row, data) => ({
      ...row,
      earningId: data.earningId,
      providerId: data.providerId,
      kind: data.kind,
      chargeId: data.chargeId,
      simulated: data.simulated,
      grossMicroUsd: data.grossMicroUsd,
      feeBps: data.feeBps,
      feeMicroUsd: data.feeMicroUsd,
      netMicroUsd: data.netMicroUsd,
      parts: data.parts,
      usedAt: data.usedAt,
      reserveUntil: data.reserveUntil,
    }),
    'billing.provider.disputed': (row, { disputeId }) => ({ ...row, dispute: 'Open', disputeId }),
    'billing.provider.dispute-resolved': (row, { outcome, netMicroUsd }) => ({
      ...row,
      dispute: outcome === 'upheld' ? 'Upheld' : 'Rejected',
      forfeitedMicroUsd: netMicroUsd,
    }),
  },
});
