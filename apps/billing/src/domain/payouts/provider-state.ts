import type { PayoutOutcome, PayoutRailName, PayoutSchedule } from '@solyx/contracts';
import type {
  ProviderDisputed,
  ProviderDisputeResolved,
  ProviderEarned,
  ProviderFeeScheduleSet,
  ProviderIdentityRejected,
  ProviderIdentityRequested,
  ProviderIdentityVerified,
  ProviderPayoutAccountSet,
  ProviderPayoutAllotted,
  ProviderPayoutSettled,
  ProviderReserveReleased,
} from '@solyx/contracts/billing';
import { derivePrefixedId, PersistentMap, type SnapshotCodec } from '@solyx/kernel';
import type { FeeStep } from './platform-fee';
import { EMPTY_PURSE, moveReserve, purseFromJson, purseToJson, releaseDue, type Purse, type PurseJson } from './purse';

export type ProviderEvent =
  | ProviderEarned
  | ProviderReserveReleased
  | ProviderFeeScheduleSet
  | ProviderIdentityRequested
  | ProviderIdentityVerified
  | ProviderIdentityRejected
  | ProviderPayoutAccountSet
  | ProviderDisputed
  | ProviderDisputeResolved
  | ProviderPayoutAllotted
  | ProviderPayoutSettled;

/** What is remembered of one earning: enough to dispute it, and to know it again. */
export interface Earning {
  readonly organizationId: string;
  readonly simulated: boolean;
  readonly gross: string;
  readonly net: string;
  readonly reserveUntil: string;
  /** The dispute that was opened about it, if any. */
  readonly disputeId?: string;
}

export interface Dispute {
  readonly earningId: string;
  readonly chargeId: string;
  readonly outcome?: 'upheld' | 'rejected';
}

export interface Allotment {
  readonly gross: string;
  readonly net: string;
  readonly outcome?: PayoutOutcome;
}

export interface PayoutAccount {
  readonly rail: PayoutRailName;
  readonly accountRef: string;
  readonly threshold: bigint;
  readonly schedule: PayoutSchedule;
}

export interface Provider {
  readonly real: Purse;
  /** Money of rehearsals: shown as such, never paid out. */
  readonly simulated: Purse;
  readonly earnings: PersistentMap<Earning>;
  readonly disputes: PersistentMap<Dispute>;
  readonly payouts: PersistentMap<Allotment>;
  readonly fees: readonly FeeStep[];
  readonly identity: 'Unknown' | 'Requested' | 'Verified' | 'Rejected';
  readonly documentRef: string;
  readonly account: PayoutAccount | undefined;
}

export const NEW_PROVIDER: Provider = {
  real: EMPTY_PURSE,
  simulated: EMPTY_PURSE,
  earnings: PersistentMap.empty(),
  disputes: PersistentMap.empty(),
  payouts: PersistentMap.empty(),
  fees: [],
  identity: 'Unknown',
  documentRef: '',
  account: undefined,
};

/** One for each charge, owner, and kind of money: however often a charge is heard, it is earned once. */
export const earningIdOf = (chargeId: string, providerId: string, simulated: boolean): string =>
  derivePrefixedId('ern', chargeId, providerId, simulated ? 'simulated' : 'real');

const HOUR_MS = 3_600_000;

/** The full hour at or after an instant: so the reserve has as many parts as the window has hours, not as there are charges. */
export const fullHourAfter = (iso: string): string =>
  new Date(Math.ceil(Date.parse(iso) / HOUR_MS) * HOUR_MS).toISOString();

const withPurse = (provider: Provider, simulated: boolean, change: (purse: Purse) => Purse): Provider =>
  simulated ? { ...provider, simulated: change(provider.simulated) } : { ...provider, real: change(provider.real) };

export const purseOf = (provider: Provider, simulated: boolean): Purse =>
  simulated ? provider.simulated : provider.real;

function earned(provider: Provider, data: ProviderEarned['data']): Provider {
  const { earningId, organizationId, simulated, grossMicroUsd, netMicroUsd, reserveUntil } = data;
  const net = BigInt(netMicroUsd);
  const known = { organizationId, simulated, gross: grossMicroUsd, net: netMicroUsd, reserveUntil };
  const kept = { ...provider, earnings: provider.earnings.set(earningId, known) };
  return withPurse(kept, simulated, (purse) => {
    const counted = { ...purse, earned: purse.earned + net };
    return moveReserve(counted, reserveUntil, net);
  });
}

function disputed(provider: Provider, data: ProviderDisputed['data']): Provider {
  const { disputeId, earningId, chargeId, simulated, amountMicroUsd } = data;
  const earning = provider.earnings.get(earningId);
  if (!earning) return provider;
  const amount = BigInt(amountMicroUsd);
  const kept = {
    ...provider,
    earnings: provider.earnings.set(earningId, { ...earning, disputeId }),
    disputes: provider.disputes.set(disputeId, { earningId, chargeId }),
  };
  return withPurse(kept, simulated, (purse) => {
    const moved = moveReserve(purse, earning.reserveUntil, -amount);
    return { ...moved, disputed: moved.disputed + amount };
  });
}

function disputeResolved(provider: Provider, data: ProviderDisputeResolved['data']): Provider {
  const { disputeId, earningId, chargeId, simulated, outcome, netMicroUsd } = data;
  const earning = provider.earnings.get(earningId);
  if (!earning) return provider;
  const [held, lost] = [BigInt(earning.net), BigInt(netMicroUsd)];
  const kept = { ...provider, disputes: provider.disputes.set(disputeId, { earningId, chargeId, outcome }) };
  return withPurse(kept, simulated, (purse) => {
    // Back to where it was; where its time has passed meanwhile, the next release lets it go.
    const moved = moveReserve(purse, earning.reserveUntil, held - lost);
    return { ...moved, disputed: moved.disputed - held, forfeited: moved.forfeited + lost };
  });
}

function allotted(provider: Provider, data: ProviderPayoutAllotted['data']): Provider {
  const { payoutId, grossMicroUsd, netMicroUsd } = data;
  const gross = BigInt(grossMicroUsd);
  const kept = { ...provider, payouts: provider.payouts.set(payoutId, { gross: grossMicroUsd, net: netMicroUsd }) };
  return withPurse(kept, false, (purse) => ({
    ...purse,
    available: purse.available - gross,
    inPayout: purse.inPayout + gross,
  }));
}

function settled(provider: Provider, { payoutId, outcome, backMicroUsd }: ProviderPayoutSettled['data']): Provider {
  const allotment = provider.payouts.get(payoutId);
  if (!allotment) return provider;
  const kept = { ...provider, payouts: provider.payouts.set(payoutId, { ...allotment, outcome }) };
  const [gross, back] = [BigInt(allotment.gross), BigInt(backMicroUsd)];
  return withPurse(kept, false, (purse) =>
    outcome === 'returned'
      ? { ...purse, paid: purse.paid - back, available: purse.available + back }
      : {
          ...purse,
          inPayout: purse.inPayout - gross,
          available: purse.available + back,
          paid: purse.paid + gross - back,
        },
  );
}

/** What a fact makes of the owner's money. */
export function evolveProvider(provider: Provider, { type, data }: ProviderEvent): Provider {
  switch (type) {
    case 'billing.provider.earned':
      return earned(provider, data);
    case 'billing.provider.reserve-released':
      return withPurse(provider, data.simulated, (purse) => releaseDue(purse, data.until, BigInt(data.amountMicroUsd)));
    case 'billing.provider.fee-schedule-set': {
      const { effectiveFrom, feeBps, withdrawalFeeMicroUsd } = data;
      return {
        ...provider,
        fees: [...provider.fees, { effectiveFrom, feeBps, withdrawalFee: BigInt(withdrawalFeeMicroUsd) }],
      };
    }
    case 'billing.provider.identity-requested':
      return { ...provider, identity: 'Requested', documentRef: data.documentRef };
    case 'billing.provider.identity-verified':
      return { ...provider, identity: 'Verified' };
    case 'billing.provider.identity-rejected':
      return { ...provider, identity: 'Rejected' };
    case 'billing.provider.payout-account-set': {
      const { rail, accountRef, thresholdMicroUsd, schedule } = data;
      return { ...provider, account: { rail, accountRef, threshold: BigInt(thresholdMicroUsd), schedule } };
    }
    case 'billing.provider.disputed':
      return disputed(provider, data);
    case 'billing.provider.dispute-resolved':
      return disputeResolved(provider, data);
    case 'billing.provider.payout-allotted':
      return allotted(provider, data);
    case 'billing.provider.payout-settled':
      return settled(provider, data);
  }
}

type Entries<V> = readonly (readonly [string, V])[];

interface ProviderJson {
  readonly real: PurseJson;
  readonly simulated: PurseJson;
  readonly earnings: Entries<Earning>;
  readonly disputes: Entries<Dispute>;
  readonly payouts: Entries<Allotment>;
  readonly fees: readonly { readonly effectiveFrom: string; readonly feeBps: number; readonly withdrawalFee: string }[];
  readonly identity: Provider['identity'];
  readonly documentRef: string;
  readonly account?: Omit<PayoutAccount, 'threshold'> & { readonly threshold: string };
}

export const providerSnapshot: SnapshotCodec<Provider> = {
  version: 1,
  every: 2_000,
  toJson: (provider): ProviderJson => {
    const { account, fees, identity, documentRef } = provider;
    return {
      real: purseToJson(provider.real),
      simulated: purseToJson(provider.simulated),
      earnings: [...provider.earnings.entries()],
      disputes: [...provider.disputes.entries()],
      payouts: [...provider.payouts.entries()],
      fees: fees.map((step) => ({ ...step, withdrawalFee: step.withdrawalFee.toString() })),
      identity,
      documentRef,
      ...(account ? { account: { ...account, threshold: account.threshold.toString() } } : {}),
    };
  },
  fromJson: (json) => {
    const { real, simulated, earnings, disputes, payouts, fees, account, ...rest } = json as ProviderJson;
    return {
      ...rest,
      real: purseFromJson(real),
      simulated: purseFromJson(simulated),
      earnings: PersistentMap.of(earnings),
      disputes: PersistentMap.of(disputes),
      payouts: PersistentMap.of(payouts),
      fees: fees.map((step) => ({ ...step, withdrawalFee: BigInt(step.withdrawalFee) })),
      account: account && { ...account, threshold: BigInt(account.threshold) },
    };
  },
};
