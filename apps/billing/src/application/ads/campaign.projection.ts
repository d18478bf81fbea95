import type { CampaignTerms } from '@solyx/contracts';
import { defineProjection } from '@solyx/eventing';
import { isCharged, type Campaign, type CampaignEvent } from '../../domain/ads/campaign-state';
import { NO_CAMPAIGN } from '../../domain/ads/campaign-state';
import { addIntegers } from '@solyx/kernel';

export interface CampaignRow {
  readonly campaignId: string;
  readonly organizationId: string;
  readonly phase: Campaign['phase'];
  /** A rehearsal: shown as such, never money. */
  readonly simulated: boolean;
  readonly terms: CampaignTerms | undefined;
  readonly impressions: number;
  readonly clicks: number;
  readonly notCounted: number;
  /** Found to be no people. */
  readonly invalid: number;
  /** Counted and not charged yet: impressions (cpm) or clicks (cpc). */
  readonly held: number;
  readonly settled: number;
  readonly spentMicroUsd: string;
  readonly sharedMicroUsd: string;
  /** Why it is paused or has ended. */
  readonly reason: string;
  /** The first hour at which something may be charged; empty: nothing is held. */
  readonly settleAfter: string;
  readonly at: string;
}

interface CountedAds {
  readonly ads: readonly unknown[];
  readonly notCounted: number;
  readonly holdUntil: string;
  readonly at: string;
}

function counted(row: CampaignRow, kind: 'impression' | 'click', data: CountedAds): CampaignRow {
  const { ads, notCounted, holdUntil, at } = data;
  const isHeld = isCharged({ ...NO_CAMPAIGN, terms: row.terms }, kind);
  return {
    ...row,
    impressions: row.impressions + (kind === 'impression' ? ads.length : 0),
    clicks: row.clicks + (kind === 'click' ? ads.length : 0),
    notCounted: row.notCounted + notCounted,
    held: row.held + (isHeld ? ads.length : 0),
    settleAfter: isHeld && row.settleAfter === '' ? holdUntil : row.settleAfter,
    at,
  };
}

/** What does each campaign show, to how many, and what did it cost? */
export const campaignView = defineProjection<CampaignEvent, CampaignRow>({
  name: 'billing_campaign',
  version: 1,
  key: ({ data }) => data.campaignId,
  organization: ({ data }) => data.organizationId,
  initial: {
    ...{ campaignId: '', organizationId: '', phase: 'None', simulated: false, terms: undefined, impressions: 0 },
    ...{ clicks: 0, notCounted: 0, invalid: 0, held: 0, settled: 0, spentMicroUsd: '0', sharedMicroUsd: '0' },
    ...{ reason: '', settleAfter: '', at: '' },
  },
  indexes: ['phase'],
  on: {
    'billing.campaign.created': (row, { campaignId, organizationId, terms, at }) => ({
      ...row,
      ...{ campaignId, organizationId, terms, at, simulated: terms.simulated, phase: 'Active' },
    }),
    'billing.campaign.paused': (row, { reason, at }) => ({ ...row, phase: 'Paused', reason, at }),
    'billing.campaign.resumed': (row, { at }) => ({ ...row, phase: 'Active', reason: '', at }),
    'billing.campaign.impressions-counted': (row, data) => counted(row, 'impression', data),
    'billing.campaign.clicks-counted': (row, data) => counted(row, 'click', data),
    'billing.campaign.invalidated': (row, { eventIds, at }) => ({ ...row, invalid: row.invalid + eventIds.length, at }),
    'billing.campaign.settled': (row, { count, amountMicroUsd, shares, until, at }) => ({
      ...row,
      held: row.held - count,
      settled: row.settled + count,
      spentMicroUsd: addIntegers(row.spentMicroUsd, amountMicroUsd),
      sharedMicroUsd: shares.reduce((sum, share) => addIntegers(sum, share.amountMicroUsd), row.sharedMicroUsd),
      settleAfter: row.held === count ? '' : until,
      at,
    }),
    'billing.campaign.ended': (row, { reason, at }) => ({ ...row, phase: 'Ended', reason, at }),
  },
});
