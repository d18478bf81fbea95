import type { EarningPart, PayoutLine } from '@solyx/contracts';
import type {
  PayoutCreated,
  PayoutFailed,
  PayoutPaid,
  PayoutReturned,
  PayoutSubmitted,
  ProviderDisputed,
  ProviderDisputeResolved,
  ProviderEarned,
  ProviderFeeScheduleSet,
  ProviderIdentityRejected,
  ProviderIdentityVerified,
  ProviderPayoutAccountSet,
  ProviderPayoutAllotted,
  ProviderPayoutSettled,
  ProviderReserveReleased,
} from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';
import { addIntegers } from '@solyx/kernel';

export interface EarningRow {
  readonly id: string;
  readonly organizationId: string;
  readonly kind: string;
  readonly simulated: boolean;
  readonly phase: 'Earned' | 'Disputed' | 'Refunded' | 'Upheld';
  readonly grossMicroUsd: string;
  readonly feeBps: number;
  readonly feeMicroUsd: string;
  readonly netMicroUsd: string;
  readonly parts: readonly EarningPart[];
  readonly usedAt: string;
  readonly reserveUntil: string;
  readonly at: string;
  readonly position: string;
}

/** What an owner of shared GPUs, or a publisher, earned; who paid is not told. */
export const gatewayEarning = defineProjection<ProviderEarned | ProviderDisputed | ProviderDisputeResolved, EarningRow>(
  {
    name: 'gateway_earning',
    version: 1,
    key: ({ data }) => data.earningId,
    organization: ({ data }) => data.providerId,
    indexes: ['kind'],
    initial: {
      ...{ id: '', organizationId: '', kind: '', simulated: false, phase: 'Earned', grossMicroUsd: '0', feeBps: 0 },
      ...{ feeMicroUsd: '0', netMicroUsd: '0', parts: [], usedAt: '', reserveUntil: '', at: '', position: '0' },
    },
    on: {
      'billing.provider.earned': (_row, data, { position }) => ({
        ...{ id: data.earningId, organizationId: data.providerId, kind: data.kind, simulated: data.simulated },
        ...{ phase: 'Earned', grossMicroUsd: data.grossMicroUsd, feeBps: data.feeBps, feeMicroUsd: data.feeMicroUsd },
        ...{ netMicroUsd: data.netMicroUsd, parts: data.parts, usedAt: data.usedAt, reserveUntil: data.reserveUntil },
        ...{ at: data.at, position: String(position) },
      }),
      'billing.provider.disputed': (row, _data, { position }) => ({
        ...row,
        ...{ phase: 'Disputed', position: String(position) },
      }),
      'billing.provider.dispute-resolved': (row, { outcome, netMicroUsd }, { position }) => ({
        ...row,
        // The customer was right: so much of it goes back.
        phase: outcome === 'upheld' ? 'Refunded' : 'Earned',
        netMicroUsd: outcome === 'upheld' ? minus(row.netMicroUsd, netMicroUsd) : row.netMicroUsd,
        position: String(position),
      }),
    },
  },
);

export interface ProviderSide {
  /** After the fee, in all. */
  readonly earnedMicroUsd: string;
  readonly feeMicroUsd: string;
  /** Earned, and may still be disputed. */
  readonly reservedMicroUsd: string;
  /** May be paid out. */
  readonly availableMicroUsd: string;
}

export interface ProviderRow {
  readonly organizationId: string;
  readonly real: ProviderSide;
  /** Of rehearsals: never paid out. */
  readonly simulated: ProviderSide;
  readonly inTransitMicroUsd: string;
  readonly paidOutMicroUsd: string;
  readonly disputedMicroUsd: string;
  /** What each payout on its way brings. */
  readonly transit: Readonly<Record<string, string>>;
  readonly feeBps: number | null;
  readonly identity: 'Unknown' | 'Verified' | 'Rejected';
  readonly account: {
    readonly rail: string;
    readonly accountRef: string;
    readonly thresholdMicroUsd: string;
    readonly schedule: string;
  } | null;
  readonly position: string;
}

type ProviderEvent =
  | ProviderEarned
  | ProviderDisputed
  | ProviderDisputeResolved
  | ProviderReserveReleased
  | ProviderPayoutAllotted
  | ProviderPayoutSettled
  | ProviderPayoutAccountSet
  | ProviderIdentityVerified
  | ProviderIdentityRejected
  | ProviderFeeScheduleSet;

const minus = (a: string, b: string): string => String(BigInt(a) - BigInt(b));
const none: ProviderSide = { earnedMicroUsd: '0', feeMicroUsd: '0', reservedMicroUsd: '0', availableMicroUsd: '0' };

const change = (
  row: ProviderRow,
  { providerId, simulated }: { readonly providerId: string; readonly simulated: boolean },
  position: bigint,
  by: (side: ProviderSide) => ProviderSide,
): ProviderRow => ({
  ...row,
  organizationId: providerId,
  real: simulated ? row.real : by(row.real),
  simulated: simulated ? by(row.simulated) : row.simulated,
  position: String(position),
});

/** What is on its way and what has arrived, once a payout has ended; one that comes back had arrived before. */
function arrived(
  { transit, inTransitMicroUsd, paidOutMicroUsd }: ProviderRow,
  { payoutId, outcome, backMicroUsd }: ProviderPayoutSettled['data'],
): Pick<ProviderRow, 'transit' | 'inTransitMicroUsd' | 'paidOutMicroUsd'> {
  const net = transit[payoutId];
  if (net === undefined) {
    const back = outcome === 'returned' ? backMicroUsd : '0';
    return { transit, inTransitMicroUsd, paidOutMicroUsd: minus(paidOutMicroUsd, back) };
  }
  return {
    transit: Object.fromEntries(Object.entries(transit).filter(([id]) => id !== payoutId)),
    inTransitMicroUsd: minus(inTransitMicroUsd, net),
    paidOutMicroUsd: outcome === 'paid' ? addIntegers(paidOutMicroUsd, net) : paidOutMicroUsd,
  };
}

/** What an owner has earned, what of it may be paid out, and where to. */
export const gatewayProvider = defineProjection<ProviderEvent, ProviderRow>({
  name: 'gateway_provider',
  version: 1,
  key: ({ data }) => data.providerId,
  organization: ({ data }) => data.providerId,
  initial: {
    ...{ organizationId: '', real: none, simulated: none, inTransitMicroUsd: '0', paidOutMicroUsd: '0' },
    ...{ transit: {}, disputedMicroUsd: '0', feeBps: null, identity: 'Unknown', account: null, position: '0' },
  },
  on: {
    'billing.provider.earned': (row, data, { position }) =>
      change(row, data, position, (side) => ({
        ...side,
        earnedMicroUsd: addIntegers(side.earnedMicroUsd, data.netMicroUsd),
        feeMicroUsd: addIntegers(side.feeMicroUsd, data.feeMicroUsd),
        reservedMicroUsd: addIntegers(side.reservedMicroUsd, data.netMicroUsd),
      })),
    'billing.provider.disputed': (row, { amountMicroUsd }, { position }) => ({
      ...row,
      ...{ disputedMicroUsd: addIntegers(row.disputedMicroUsd, amountMicroUsd), position: String(position) },
    }),
    'billing.provider.dispute-resolved': (row, data, { position }) => {
      const lost = data.outcome === 'upheld' ? data.netMicroUsd : '0';
      const fee = data.outcome === 'upheld' ? data.feeMicroUsd : '0';
      return change(row, data, position, (side) => ({
        ...side,
        earnedMicroUsd: minus(side.earnedMicroUsd, lost),
        feeMicroUsd: minus(side.feeMicroUsd, fee),
        reservedMicroUsd: minus(side.reservedMicroUsd, lost),
      }));
    },
    'billing.provider.reserve-released': (row, data, { position }) =>
      change(row, data, position, (side) => ({
        ...side,
        reservedMicroUsd: minus(side.reservedMicroUsd, data.amountMicroUsd),
        availableMicroUsd: addIntegers(side.availableMicroUsd, data.amountMicroUsd),
      })),
    'billing.provider.payout-allotted': (row, data, { position }) => ({
      ...change(row, { ...data, simulated: false }, position, (side) => ({
        ...side,
        availableMicroUsd: minus(side.availableMicroUsd, data.grossMicroUsd),
      })),
      inTransitMicroUsd: addIntegers(row.inTransitMicroUsd, data.netMicroUsd),
      transit: { ...row.transit, [data.payoutId]: data.netMicroUsd },
    }),
    'billing.provider.payout-settled': (row, data, { position }) => ({
      ...change(row, { ...data, simulated: false }, position, (side) => ({
        ...side,
        availableMicroUsd: addIntegers(side.availableMicroUsd, data.backMicroUsd),
      })),
      ...arrived(row, data),
    }),
    'billing.provider.payout-account-set': (row, data, { position }) => ({
      ...row,
      organizationId: data.providerId,
      account: {
        ...{ rail: data.rail, accountRef: data.accountRef, thresholdMicroUsd: data.thresholdMicroUsd },
        schedule: data.schedule,
      },
      position: String(position),
    }),
    'billing.provider.identity-verified': (row, { providerId }, { position }) => ({
      ...row,
      ...{ organizationId: providerId, identity: 'Verified', position: String(position) },
    }),
    'billing.provider.identity-rejected': (row, { providerId }, { position }) => ({
      ...row,
      ...{ organizationId: providerId, identity: 'Rejected', position: String(position) },
    }),
    'billing.provider.fee-schedule-set': (row, { providerId, feeBps }, { position }) => ({
      ...row,
      ...{ organizationId: providerId, feeBps, position: String(position) },
    }),
  },
});

export interface PayoutRow {
  readonly id: string;
  readonly organizationId: string;
  readonly phase: 'Created' | 'Submitted' | 'Paid' | 'Failed' | 'Returned';
  readonly rail: string;
  readonly accountRef: string;
  readonly lines: readonly PayoutLine[];
  readonly grossMicroUsd: string;
  readonly withdrawalFeeMicroUsd: string;
  readonly netMicroUsd: string;
  readonly reference: string | null;
  readonly reason: string | null;
  readonly createdAt: string;
  readonly endedAt: string | null;
  readonly position: string;
}

type PayoutEvent = PayoutCreated | PayoutSubmitted | PayoutPaid | PayoutFailed | PayoutReturned;

/** Payouts, from the wish to the bank. */
export const gatewayPayout = defineProjection<PayoutEvent, PayoutRow>({
  name: 'gateway_payout',
  version: 1,
  key: ({ data }) => data.payoutId,
  organization: ({ data }) => data.providerId,
  indexes: ['phase'],
  initial: {
    ...{ id: '', organizationId: '', phase: 'Created', rail: '', accountRef: '', lines: [], grossMicroUsd: '0' },
    ...{ withdrawalFeeMicroUsd: '0', netMicroUsd: '0', reference: null, reason: null, createdAt: '', endedAt: null },
    position: '0',
  },
  on: {
    'billing.payout.created': (row, data, { position }) => ({
      ...row,
      ...{ id: data.payoutId, organizationId: data.providerId, rail: data.rail, accountRef: data.accountRef },
      ...{ lines: data.lines, grossMicroUsd: data.grossMicroUsd, netMicroUsd: data.netMicroUsd, createdAt: data.at },
      ...{ withdrawalFeeMicroUsd: data.withdrawalFeeMicroUsd, position: String(position) },
    }),
    'billing.payout.submitted': (row, { reference }, { position }) => ({
      ...row,
      ...{ phase: 'Submitted', reference, position: String(position) },
    }),
    'billing.payout.paid': (row, { reference, at }, { position }) => ({
      ...row,
      ...{ phase: 'Paid', reference, endedAt: at, position: String(position) },
    }),
    'billing.payout.failed': (row, { reason, at }, { position }) => ({
      ...row,
      ...{ phase: 'Failed', reason, endedAt: at, position: String(position) },
    }),
    'billing.payout.returned': (row, { reason, at }, { position }) => ({
      ...row,
      ...{ phase: 'Returned', reason, endedAt: at, position: String(position) },
    }),
  },
});
