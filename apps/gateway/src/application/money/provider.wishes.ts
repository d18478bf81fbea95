import { derivePrefixedId } from '@solyx/kernel';
import {
  AdEventsReported,
  AdInvalidationRequested,
  CampaignEndRequested,
  CampaignPauseRequested,
  CampaignRequested,
  DisputeRequested,
  DisputeResolutionRequested,
  IdentityVerificationRequested,
  PayoutAccountRequested,
  PayoutRequested,
  ProviderFeeRequested,
} from '@solyx/contracts/gateway';
import { gatewayCampaign } from '../views/campaign.projections';
import { gatewayCharge } from '../views/money.projections';
import { amount, given, idOf, instant, object, oneOf, positive, wish } from './wish';

const words = (value: string | null | undefined, otherwise: string): string => (value ?? otherwise).slice(0, 1024);
const providerStream = (providerId: string): string => `billing.provider-${providerId}`;
const campaignStream = (campaignId: string): string => `billing.campaign-${campaignId}`;
const ownCampaign = ({ campaignId }: { readonly campaignId: string }) => ({
  projection: gatewayCampaign,
  key: campaignId,
  unknown: 'CampaignUnknown',
});

/** What owners of shared GPUs ask for, and what is said of what they earned. */
export const PAYOUT_WISHES = {
  setPayoutAccount: wish({
    permission: 'payouts:request',
    input: (args: {
      readonly rail: string;
      readonly accountRef: string;
      readonly thresholdMicroUsd?: string | null;
      readonly schedule?: string | null;
    }) => ({
      rail: oneOf('rail', args.rail, ['file', 'stripe'] as const),
      accountRef: args.accountRef,
      ...given(
        'thresholdMicroUsd',
        args.thresholdMicroUsd ? amount('thresholdMicroUsd', args.thresholdMicroUsd) : null,
      ),
      ...given(
        'schedule',
        args.schedule ? oneOf('schedule', args.schedule, ['manual', 'day', 'week', 'month'] as const) : null,
      ),
    }),
    request: (input, { ids, organizationId }) => ({
      event: PayoutAccountRequested({ ...ids, ...input }),
      id: organizationId,
      answeredOn: providerStream(organizationId),
    }),
  }),

  verifyIdentity: wish({
    permission: 'payouts:request',
    input: ({ documentRef }: { readonly documentRef: string }) => ({ documentRef }),
    request: (input, { ids, organizationId }) => ({
      event: IdentityVerificationRequested({ ...ids, ...input }),
      id: organizationId,
      answeredOn: providerStream(organizationId),
    }),
  }),

  /** All that may be paid out, or at most an amount; the same key pays once. */
  requestPayout: wish({
    permission: 'payouts:request',
    input: ({ amountMicroUsd }: { readonly amountMicroUsd?: string | null }) => ({
      ...given('amountMicroUsd', amountMicroUsd ? positive('amountMicroUsd', amountMicroUsd) : null),
    }),
    request: (input, { ids, organizationId }) => ({
      event: PayoutRequested({ ...ids, ...input }),
      id: organizationId,
      answeredOn: providerStream(organizationId),
      // What is due leaves the reserve first.
      answeredBy: 'billing.provider.payout-allotted',
    }),
    show: ({ data, position }) => {
      const { payoutId } = data as { readonly payoutId?: string };
      return { __typename: 'Ack', id: payoutId ?? '', position: String(position) };
    },
  }),

  disputeCharge: wish({
    permission: 'invoices:pay',
    input: ({ chargeId, reason }: { readonly chargeId: string; readonly reason: string }) => ({
      chargeId: idOf('chargeId', chargeId),
      reason: words(reason, ''),
    }),
    owned: ({ chargeId }) => ({ projection: gatewayCharge, key: chargeId, unknown: 'ChargeUnknown' }),
    request: (input, { ids }) => ({ event: DisputeRequested({ ...ids, ...input }), id: input.chargeId }),
  }),

  resolveDispute: wish({
    permission: 'invoices:correct',
    input: (args: {
      readonly providerId: string;
      readonly disputeId: string;
      readonly outcome: string;
      readonly refundMicroUsd?: string | null;
    }) => ({
      providerId: idOf('providerId', args.providerId),
      disputeId: idOf('disputeId', args.disputeId),
      outcome: oneOf('outcome', args.outcome, ['upheld', 'rejected'] as const),
      ...given('refundMicroUsd', args.refundMicroUsd ? positive('refundMicroUsd', args.refundMicroUsd) : null),
    }),
    request: (input, { ids }) => ({
      event: DisputeResolutionRequested({ ...ids, ...input }),
      id: input.disputeId,
      answeredOn: providerStream(input.providerId),
    }),
  }),

  setProviderFee: wish({
    permission: 'prices:set',
    input: (args: {
      readonly providerId: string;
      readonly feeBps: number;
      readonly withdrawalFeeMicroUsd?: string | null;
      readonly effectiveFrom: string;
    }) => ({
      providerId: idOf('providerId', args.providerId),
      feeBps: args.feeBps,
      effectiveFrom: instant('effectiveFrom', args.effectiveFrom),
      ...given(
        'withdrawalFeeMicroUsd',
        args.withdrawalFeeMicroUsd ? amount('withdrawalFeeMicroUsd', args.withdrawalFeeMicroUsd) : null,
      ),
    }),
    request: (input, { ids }) => ({
      event: ProviderFeeRequested({ ...ids, ...input }),
      id: input.providerId,
      answeredOn: providerStream(input.providerId),
    }),
  }),
} as const;

/** What advertisers ask for, and what is seen of it. */
export const CAMPAIGN_WISHES = {
  createCampaign: wish({
    permission: 'campaigns:set',
    input: ({ spec }: { readonly spec: unknown }) => ({ terms: object('spec', spec) }),
    request: ({ terms }, { ids }) => {
      const campaignId = derivePrefixedId('camp', ids.requestId);
      const event = CampaignRequested({ ...ids, campaignId, terms: terms as never });
      return { event, id: campaignId, answeredOn: campaignStream(campaignId) };
    },
  }),

  pauseCampaign: wish({
    permission: 'campaigns:set',
    input: (args: { readonly id: string; readonly paused: boolean; readonly reason?: string | null }) => ({
      campaignId: idOf('id', args.id),
      paused: args.paused,
      reason: words(args.reason, args.paused ? 'Paused' : 'Resumed'),
    }),
    owned: ownCampaign,
    request: (input, { ids }) => ({
      event: CampaignPauseRequested({ ...ids, ...input }),
      id: input.campaignId,
      answeredOn: campaignStream(input.campaignId),
    }),
  }),

  endCampaign: wish({
    permission: 'campaigns:set',
    input: ({ id, reason }: { readonly id: string; readonly reason?: string | null }) => ({
      campaignId: idOf('id', id),
      reason: words(reason, 'Ended'),
    }),
    owned: ownCampaign,
    request: (input, { ids }) => ({
      event: CampaignEndRequested({ ...ids, ...input }),
      id: input.campaignId,
      answeredOn: campaignStream(input.campaignId),
    }),
  }),

  /** What an app showed, and what of it was followed. */
  reportAdEvents: wish({
    permission: 'usage:report',
    input: ({ events }: { readonly events: unknown }) => ({ events }),
    request: ({ events }, { ids }) => ({
      event: AdEventsReported({ ...ids, events: events as AdEventsReported['data']['events'] }),
      id: ids.requestId,
    }),
  }),

  invalidateAdEvents: wish({
    permission: 'invoices:correct',
    input: (args: { readonly campaignId: string; readonly eventIds: readonly string[]; readonly reason: string }) => ({
      campaignId: idOf('campaignId', args.campaignId),
      eventIds: args.eventIds,
      reason: words(args.reason, ''),
    }),
    request: (input, { ids }) => ({
      event: AdInvalidationRequested({ ...ids, ...input }),
      id: input.campaignId,
      answeredOn: campaignStream(input.campaignId),
    }),
  }),
} as const;
