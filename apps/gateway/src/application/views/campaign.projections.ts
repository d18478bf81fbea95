import type { CampaignTerms } from '@solyx/contracts';
import type {
  CampaignClicksCounted,
  CampaignCreated,
  CampaignEnded,
  CampaignImpressionsCounted,
  CampaignInvalidated,
  CampaignPaused,
  CampaignResumed,
  CampaignSettled,
} from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';

export interface CampaignRow {
  readonly id: string;
  readonly organizationId: string;
  readonly phase: 'Active' | 'Paused' | 'Ended';
  readonly terms: CampaignTerms;
  readonly impressions: number;
  readonly clicks: number;
  /** Found to be no people, in time. */
  readonly invalid: number;
  readonly chargedMicroUsd: string;
  readonly reason: string | null;
  readonly createdAt: string;
  readonly position: string;
}

type CampaignEvent =
  | CampaignCreated
  | CampaignImpressionsCounted
  | CampaignClicksCounted
  | CampaignInvalidated
  | CampaignSettled
  | CampaignPaused
  | CampaignResumed
  | CampaignEnded;

const noTerms: CampaignTerms = {
  ...{ name: '', creativeUri: '', budgetMicroUsd: '0', pricing: 'cpm', rateMicroUsd: '0', categories: [] },
  ...{ impressionsPerViewerPerDay: 1, publisherShareBps: 0, startsAt: '', simulated: false },
};

/** Campaigns of an advertiser: what was seen of them, and what that cost. */
export const gatewayCampaign = defineProjection<CampaignEvent, CampaignRow>({
  name: 'gateway_campaign',
  version: 1,
  key: ({ data }) => data.campaignId,
  organization: ({ data }) => data.organizationId,
  indexes: ['phase'],
  initial: {
    ...{ id: '', organizationId: '', phase: 'Active', terms: noTerms, impressions: 0, clicks: 0, invalid: 0 },
    ...{ chargedMicroUsd: '0', reason: null, createdAt: '', position: '0' },
  },
  on: {
    'billing.campaign.created': (row, { campaignId, organizationId, terms, at }, { position }) => ({
      ...row,
      ...{ id: campaignId, organizationId, terms, createdAt: at, position: String(position) },
    }),
    'billing.campaign.impressions-counted': (row, { ads }, { position }) => ({
      ...row,
      ...{ impressions: row.impressions + ads.length, position: String(position) },
    }),
    'billing.campaign.clicks-counted': (row, { ads }, { position }) => ({
      ...row,
      ...{ clicks: row.clicks + ads.length, position: String(position) },
    }),
    'billing.campaign.invalidated': (row, { eventIds }, { position }) => ({
      ...row,
      ...{ invalid: row.invalid + eventIds.length, position: String(position) },
    }),
    'billing.campaign.settled': (row, { amountMicroUsd }, { position }) => ({
      ...row,
      chargedMicroUsd: String(BigInt(row.chargedMicroUsd) + BigInt(amountMicroUsd)),
      position: String(position),
    }),
    'billing.campaign.paused': (row, { reason }, { position }) => ({
      ...row,
      ...{ phase: 'Paused', reason, position: String(position) },
    }),
    'billing.campaign.resumed': (row, _data, { position }) => ({
      ...row,
      ...{ phase: 'Active', reason: null, position: String(position) },
    }),
    'billing.campaign.ended': (row, { reason }, { position }) => ({
      ...row,
      ...{ phase: 'Ended', reason, position: String(position) },
    }),
  },
});
