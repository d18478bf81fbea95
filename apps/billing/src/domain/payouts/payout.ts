import type { PayoutRailName } from '@solyx/contracts';
import { PayoutCreated, PayoutFailed, PayoutPaid, PayoutReturned, PayoutSubmitted } from '@solyx/contracts/billing';
import { accept, refuse, type Command, type Decider, type Decision } from '@solyx/kernel';
import { doubleEntry } from './entry';

export type CreatePayout = Omit<PayoutCreated['data'], 'lines' | 'currency'>;

interface Step {
  readonly payoutId: string;
  readonly at: string;
}

export type PayoutCommand =
  | Command<'CreatePayout', CreatePayout>
  | Command<'MarkSubmitted', Step & { readonly reference: string }>
  | Command<'MarkPaid', Step>
  | Command<'MarkFailed', Step & { readonly reason: string }>
  | Command<'MarkReturned', Step & { readonly reason: string }>;
export type PayoutEvent = PayoutCreated | PayoutSubmitted | PayoutPaid | PayoutFailed | PayoutReturned;
export type PayoutRefusal = 'PayoutUnknown' | 'PayoutEnded';

export interface Payout {
  readonly phase: 'None' | 'Created' | 'Submitted' | 'Paid' | 'Failed' | 'Returned';
  readonly providerId: string;
  readonly rail: PayoutRailName;
  readonly reference: string;
  readonly gross: bigint;
  readonly fee: bigint;
  readonly net: bigint;
}

type Decided = Decision<PayoutEvent, PayoutRefusal>;

function createPayout(data: CreatePayout): PayoutCreated {
  const { grossMicroUsd, withdrawalFeeMicroUsd } = data;
  const fee = BigInt(withdrawalFeeMicroUsd);
  const earnings = { kind: 'earnings', description: 'Earnings paid out', amountMicroUsd: grossMicroUsd } as const;
  const withdrawal = { kind: 'withdrawal-fee', description: 'Withdrawal fee', amountMicroUsd: `-${fee}` } as const;
  return PayoutCreated({ ...data, lines: fee > 0n ? [earnings, withdrawal] : [earnings], currency: 'USD' });
}

const paid = (payout: Payout, { payoutId, at }: Step): PayoutPaid =>
  PayoutPaid({
    payoutId,
    providerId: payout.providerId,
    reference: payout.reference,
    netMicroUsd: payout.net.toString(),
    postings: doubleEntry(false, [`payout-in-transit:${payout.providerId}`, payout.net], ['cash', -payout.net]),
    at,
  });

const failed = ({ providerId, gross, net, fee }: Payout, { payoutId, at }: Step, reason: string): PayoutFailed =>
  PayoutFailed({
    payoutId,
    providerId,
    reason,
    grossMicroUsd: gross.toString(),
    postings: doubleEntry(
      false,
      [`payout-in-transit:${providerId}`, net],
      ['platform-fee', fee],
      [`provider-payable:${providerId}`, -gross],
    ),
    at,
  });

const returned = ({ providerId, net }: Payout, { payoutId, at }: Step, reason: string): PayoutReturned =>
  PayoutReturned({
    payoutId,
    providerId,
    reason,
    netMicroUsd: net.toString(),
    postings: doubleEntry(false, ['cash', net], [`provider-payable:${providerId}`, -net]),
    at,
  });

const ended = (payoutId: string, { phase }: Payout): Decided =>
  phase === 'None' ? refuse('PayoutUnknown', { payoutId }) : refuse('PayoutEnded', { payoutId, phase });

function markPaid(data: Step, payout: Payout): Decided {
  if (payout.phase === 'Paid' || payout.phase === 'Returned') return accept();
  return payout.phase === 'Submitted' ? accept(paid(payout, data)) : ended(data.payoutId, payout);
}

function markFailed(data: Step & { readonly reason: string }, payout: Payout): Decided {
  if (payout.phase === 'Failed') return accept();
  const isOpen = payout.phase === 'Created' || payout.phase === 'Submitted';
  return isOpen ? accept(failed(payout, data, data.reason)) : ended(data.payoutId, payout);
}

function markReturned(data: Step & { readonly reason: string }, payout: Payout): Decided {
  if (payout.phase === 'Returned') return accept();
  const back = returned(payout, data, data.reason);
  if (payout.phase === 'Paid') return accept(back);
  // That it had arrived was never heard: it did, and came back.
  return payout.phase === 'Submitted' ? accept<PayoutEvent>(paid(payout, data), back) : ended(data.payoutId, payout);
}

/** One payment to one owner. Each step is taken once, however often it is told; the id of the payout is its identity. */
export const payoutDecider: Decider<PayoutCommand, Payout, PayoutEvent, PayoutRefusal> = {
  name: 'billing.payout',
  initial: { phase: 'None', providerId: '', rail: 'file', reference: '', gross: 0n, fee: 0n, net: 0n },

  decide({ type, data }, payout): Decided {
    switch (type) {
      case 'CreatePayout':
        return payout.phase === 'None' ? accept(createPayout(data)) : accept();
      case 'MarkSubmitted': {
        if (payout.phase === 'None') return ended(data.payoutId, payout);
        const { payoutId, reference, at } = data;
        const { providerId, rail } = payout;
        return payout.phase === 'Created'
          ? accept(PayoutSubmitted({ payoutId, providerId, rail, reference, at }))
          : accept();
      }
      case 'MarkPaid':
        return markPaid(data, payout);
      case 'MarkFailed':
        return markFailed(data, payout);
      case 'MarkReturned':
        return markReturned(data, payout);
    }
  },

  evolve(payout, { type, data }): Payout {
    switch (type) {
      case 'billing.payout.created':
        return {
          ...payout,
          phase: 'Created',
          providerId: data.providerId,
          rail: data.rail,
          gross: BigInt(data.grossMicroUsd),
          fee: BigInt(data.withdrawalFeeMicroUsd),
          net: BigInt(data.netMicroUsd),
        };
      case 'billing.payout.submitted':
        return { ...payout, phase: 'Submitted', reference: data.reference };
      case 'billing.payout.paid':
        return { ...payout, phase: 'Paid' };
      case 'billing.payout.failed':
        return { ...payout, phase: 'Failed' };
      case 'billing.payout.returned':
        return { ...payout, phase: 'Returned' };
    }
  },
};
