import { accept, refuse, type Command, type Decider, type Decision } from '@solyx/kernel';
import {
  ProviderFeeScheduleSet,
  ProviderIdentityRejected,
  ProviderIdentityRequested,
  ProviderIdentityVerified,
  ProviderPayoutAccountSet,
  ProviderPayoutAllotted,
  ProviderPayoutSettled,
} from '@solyx/contracts/billing';
import { openDispute, resolveDispute, type OpenDispute, type ResolveDispute } from './dispute';
import { recordEarning, releaseReserve, type RecordEarning } from './earning';
import { doubleEntry } from './entry';
import { feeAt, FEE_STEPS_MAX, isFeeWithinBounds } from './platform-fee';
import { dueOf } from './purse';
import { evolveProvider, NEW_PROVIDER, providerSnapshot, type Provider, type ProviderEvent } from './provider-state';

/** 25.00 USD, where the owner said nothing else. */
export const THRESHOLD_DEFAULT = 25_000_000n;
/** 1.00 USD: no payout is smaller, whatever the owner says. */
export const THRESHOLD_MIN = 1_000_000n;
/** Rails move whole cents. */
const MICRO_PER_CENT = 10_000n;

export interface AllotPayout {
  readonly payoutId: string;
  readonly providerId: string;
  /** Gross, at most; absent: all that may be paid out. */
  readonly amountMicroUsd?: string;
  /** Ways to pay that this installation has. */
  readonly rails: readonly string[];
  readonly at: string;
}

export interface SetFeeSchedule {
  readonly providerId: string;
  readonly feeBps: number;
  /** Absent: as it was. */
  readonly withdrawalFeeMicroUsd?: string;
  readonly effectiveFrom: string;
  readonly at: string;
}

export type SettlePayout = Omit<ProviderPayoutSettled['data'], 'grossMicroUsd' | 'backMicroUsd'>;

export type ProviderCommand =
  | Command<'RecordEarning', RecordEarning>
  | Command<'ReleaseReserve', { readonly providerId: string; readonly at: string }>
  | Command<'SetFeeSchedule', SetFeeSchedule>
  | Command<'RequestIdentity', ProviderIdentityRequested['data']>
  | Command<'VerifyIdentity', ProviderIdentityVerified['data']>
  | Command<'RejectIdentity', ProviderIdentityRejected['data']>
  | Command<'SetPayoutAccount', ProviderPayoutAccountSet['data']>
  | Command<'OpenDispute', OpenDispute>
  | Command<'ResolveDispute', ResolveDispute>
  | Command<'AllotPayout', AllotPayout>
  | Command<'SettlePayout', SettlePayout>;

export type ProviderRefusal =
  | 'FeeOutOfBounds'
  | 'IdentityUnverified'
  | 'PayoutAccountMissing'
  | 'RailNotConfigured'
  | 'BelowThreshold'
  | 'PayoutUnknown'
  | 'PayoutEnded'
  | 'EarningUnknown'
  | 'EarningDisputed'
  | 'DisputeWindowClosed'
  | 'DisputeUnknown'
  | 'DisputeResolved'
  | 'RefundTooLarge';

type Decided = Decision<ProviderEvent, ProviderRefusal>;

function setFeeSchedule(data: SetFeeSchedule, { fees }: Provider): Decided {
  const { providerId, feeBps, at } = data;
  if (!isFeeWithinBounds(feeBps) || fees.length >= FEE_STEPS_MAX) return refuse('FeeOutOfBounds', { feeBps });
  // Terms never begin in the past: what was earned keeps its fee.
  const effectiveFrom = data.effectiveFrom < at ? at : data.effectiveFrom;
  const withdrawalFeeMicroUsd = data.withdrawalFeeMicroUsd ?? feeAt(fees, effectiveFrom).withdrawalFee.toString();
  if (BigInt(withdrawalFeeMicroUsd) < 0n) return refuse('FeeOutOfBounds', { withdrawalFeeMicroUsd });
  return accept(ProviderFeeScheduleSet({ providerId, feeBps, withdrawalFeeMicroUsd, effectiveFrom, at }));
}

function setPayoutAccount(data: ProviderPayoutAccountSet['data'], { account }: Provider): Decided {
  const threshold = BigInt(data.thresholdMicroUsd) < THRESHOLD_MIN ? THRESHOLD_MIN : BigInt(data.thresholdMicroUsd);
  const same =
    account?.rail === data.rail &&
    account.accountRef === data.accountRef &&
    account.threshold === threshold &&
    account.schedule === data.schedule;
  return same ? accept() : accept(ProviderPayoutAccountSet({ ...data, thresholdMicroUsd: threshold.toString() }));
}

/** What would be sent now: whole cents, after the fee, and what that takes from the balance. */
function amountsOf(wanted: bigint, fee: bigint): { readonly net: bigint; readonly gross: bigint } {
  const net = wanted > fee ? ((wanted - fee) / MICRO_PER_CENT) * MICRO_PER_CENT : 0n;
  return { net, gross: net + fee };
}

function allotPayout(data: AllotPayout, provider: Provider): Decided {
  const { payoutId, providerId, amountMicroUsd, rails, at } = data;
  // The same payout asked for again, or by two at once: it stands, and is paid once.
  if (provider.payouts.has(payoutId)) return accept();
  const { account, identity } = provider;
  if (identity !== 'Verified') return refuse('IdentityUnverified', { providerId });
  if (!account) return refuse('PayoutAccountMissing', { providerId });
  if (!rails.includes(account.rail)) return refuse('RailNotConfigured', { rail: account.rail });
  const available = provider.real.available + dueOf(provider.real, at);
  const asked = amountMicroUsd === undefined ? available : BigInt(amountMicroUsd);
  const wanted = asked < available ? asked : available;
  const fee = feeAt(provider.fees, at).withdrawalFee;
  const { net, gross } = amountsOf(wanted, fee);
  if (wanted < account.threshold || net <= 0n) {
    return refuse('BelowThreshold', {
      availableMicroUsd: available.toString(),
      wantedMicroUsd: wanted.toString(),
      thresholdMicroUsd: account.threshold.toString(),
    });
  }
  const allotted = ProviderPayoutAllotted({
    payoutId,
    providerId,
    rail: account.rail,
    accountRef: account.accountRef,
    grossMicroUsd: gross.toString(),
    withdrawalFeeMicroUsd: fee.toString(),
    netMicroUsd: net.toString(),
    postings: doubleEntry(
      false,
      [`provider-payable:${providerId}`, gross],
      [`payout-in-transit:${providerId}`, -net],
      ['platform-fee', -fee],
    ),
    at,
  });
  return accept<ProviderEvent>(...releaseReserve({ providerId, at }, provider), allotted);
}

function settlePayout(data: SettlePayout, { payouts }: Provider): Decided {
  const { payoutId, outcome } = data;
  const allotment = payouts.get(payoutId);
  if (!allotment) return refuse('PayoutUnknown', { payoutId });
  if (allotment.outcome === outcome) return accept();
  const expected = outcome === 'returned' ? 'paid' : undefined;
  // Told late that it was paid, after it came back: nothing changes.
  if (allotment.outcome === 'returned' && outcome === 'paid') return accept();
  if (allotment.outcome !== expected) return refuse('PayoutEnded', { payoutId, outcome: allotment.outcome ?? 'open' });
  const back = { paid: '0', failed: allotment.gross, returned: allotment.net }[outcome];
  return accept(ProviderPayoutSettled({ ...data, grossMicroUsd: allotment.gross, backMicroUsd: back }));
}

/**
 * What an owner of shared GPUs (or of a space for ads) earned, and what of it may be paid out. Each charge is earned
 * once; nothing is paid out that waits in the reserve, is disputed, was rehearsed, or belongs to another payout.
 */
export const providerDecider: Decider<ProviderCommand, Provider, ProviderEvent, ProviderRefusal> = {
  name: 'billing.provider',
  initial: NEW_PROVIDER,
  snapshot: providerSnapshot,
  evolve: evolveProvider,

  decide({ type, data }, provider): Decided {
    switch (type) {
      case 'RecordEarning':
        return recordEarning(data, provider);
      case 'ReleaseReserve':
        return accept(...releaseReserve(data, provider));
      case 'SetFeeSchedule':
        return setFeeSchedule(data, provider);
      case 'RequestIdentity':
        return provider.identity === 'Verified' ? accept() : accept(ProviderIdentityRequested(data));
      case 'VerifyIdentity':
        return provider.identity === 'Verified' ? accept() : accept(ProviderIdentityVerified(data));
      case 'RejectIdentity':
        return provider.identity === 'Rejected' ? accept() : accept(ProviderIdentityRejected(data));
      case 'SetPayoutAccount':
        return setPayoutAccount(data, provider);
      case 'OpenDispute':
        return openDispute(data, provider);
      case 'ResolveDispute':
        return resolveDispute(data, provider);
      case 'AllotPayout':
        return allotPayout(data, provider);
      case 'SettlePayout':
        return settlePayout(data, provider);
    }
  },
};

export type { Provider, ProviderEvent } from './provider-state';
