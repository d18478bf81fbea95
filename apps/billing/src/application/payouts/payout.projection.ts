import type { PayoutLine, PayoutRailName } from '@solyx/contracts';
import { defineProjection } from '@solyx/eventing';
import type { Payout, PayoutEvent } from '../../domain/payouts/payout';

export interface PayoutRow {
  readonly payoutId: string;
  readonly providerId: string;
  readonly phase: Payout['phase'];
  readonly rail: PayoutRailName;
  readonly accountRef: string;
  /** Of the payment at the rail. */
  readonly reference: string;
  readonly lines: readonly PayoutLine[];
  readonly grossMicroUsd: string;
  readonly withdrawalFeeMicroUsd: string;
  readonly netMicroUsd: string;
  /** Why it failed or came back. */
  readonly reason: string;
  readonly createdAt: string;
  /** Of the last step. */
  readonly at: string;
}

/** Which payments were made to whom, and what became of them? */
export const payoutView = defineProjection<PayoutEvent, PayoutRow>({
  name: 'billing_payout',
  version: 1,
  key: ({ data }) => data.payoutId,
  organization: ({ data }) => data.providerId,
  initial: {
    ...{ payoutId: '', providerId: '', phase: 'None', rail: 'file', accountRef: '', reference: '', lines: [] },
    ...{ grossMicroUsd: '0', withdrawalFeeMicroUsd: '0', netMicroUsd: '0', reason: '', createdAt: '', at: '' },
  },
  indexes: ['phase'],
  on: {
    'billing.payout.created': (row, { currency: _currency, at, ...data }) => ({
      ...row,
      ...data,
      phase: 'Created',
      createdAt: at,
      at,
    }),
    'billing.payout.submitted': (row, { reference, at }) => ({ ...row, phase: 'Submitted', reference, at }),
    'billing.payout.paid': (row, { at }) => ({ ...row, phase: 'Paid', at }),
    'billing.payout.failed': (row, { reason, at }) => ({ ...row, phase: 'Failed', reason, at }),
    'billing.payout.returned': (row, { reason, at }) => ({ ...row, phase: 'Returned', reason, at }),
  },
});
