import type { CampaignTerms } from '@solyx/contracts';
import { CampaignCreated, CampaignEnded, CampaignPaused, CampaignResumed } from '@solyx/contracts/billing';
import { accept, canonicalJson, refuse, type Command, type Decider, type Decision } from '@solyx/kernel';
import { campaignSnapshot, evolveCampaign, NO_CAMPAIGN, type Campaign, type CampaignEvent } from './campaign-state';
import { countsWithinBudget } from './ad-price';
import { countAds, type CountAds } from './count-ads';
import { invalidateAds, settleAds, type InvalidateAds } from './settle-ads';

interface About {
  readonly campaignId: string;
  /** Who asks; a campaign obeys its advertiser alone. */
  readonly organizationId: string;
  readonly reason: string;
  readonly at: string;
}

export type CampaignCommand =
  | Command<'CreateCampaign', CampaignCreated['data']>
  | Command<'PauseCampaign', About>
  | Command<'ResumeCampaign', About>
  | Command<'EndCampaign', About>
  | Command<'CountAds', CountAds>
  | Command<'InvalidateAds', InvalidateAds>
  | Command<'SettleAds', { readonly campaignId: string; readonly at: string }>;
export type CampaignRefusal = 'CampaignUnknown' | 'CampaignOver' | 'CampaignTermsInvalid' | 'CampaignTaken';

type Decided = Decision<CampaignEvent, CampaignRefusal>;

/** Times of a campaign are at most this far apart: ten years, in milliseconds. */
const LIFE_MS_MAX = 10 * 366 * 86_400_000;

const makesSense = (terms: CampaignTerms): boolean => {
  const { budgetMicroUsd, rateMicroUsd, startsAt, endsAt } = terms;
  if (BigInt(budgetMicroUsd) <= 0n || BigInt(rateMicroUsd) <= 0n || countsWithinBudget(terms) === 0) return false;
  return endsAt === undefined || (endsAt > startsAt && Date.parse(endsAt) - Date.parse(startsAt) <= LIFE_MS_MAX);
};

function create(data: CampaignCreated['data'], campaign: Campaign): Decided {
  const { campaignId, organizationId, terms } = data;
  if (campaign.phase === 'None') {
    return makesSense(terms) ? accept(CampaignCreated(data)) : refuse('CampaignTermsInvalid', { campaignId });
  }
  const same = campaign.organizationId === organizationId && canonicalJson(campaign.terms) === canonicalJson(terms);
  return same ? accept() : refuse('CampaignTaken', { campaignId });
}

function steer(type: 'PauseCampaign' | 'ResumeCampaign' | 'EndCampaign', data: About, campaign: Campaign): Decided {
  const { campaignId, organizationId, reason, at } = data;
  if (campaign.phase === 'None' || campaign.organizationId !== organizationId) {
    return refuse('CampaignUnknown', { campaignId });
  }
  if (type === 'EndCampaign') {
    return campaign.phase === 'Ended' ? accept() : accept(CampaignEnded({ campaignId, organizationId, reason, at }));
  }
  if (campaign.phase === 'Ended') return refuse('CampaignOver', { campaignId });
  if (type === 'PauseCampaign') {
    if (campaign.phase === 'Paused') return accept();
    return accept(CampaignPaused({ campaignId, organizationId, reason, at }));
  }
  return campaign.phase === 'Active' ? accept() : accept(CampaignResumed({ campaignId, organizationId, at }));
}

/**
 * Advertisements of one advertiser. Each impression and click counts once, no viewer sees more of it a day than agreed,
 * nothing is charged within a day of being told, and all of it together never costs more than the budget.
 */
export const campaignDecider: Decider<CampaignCommand, Campaign, CampaignEvent, CampaignRefusal> = {
  name: 'billing.campaign',
  initial: NO_CAMPAIGN,
  snapshot: campaignSnapshot,
  evolve: evolveCampaign,

  decide({ type, data }, campaign): Decided {
    if (type === 'CreateCampaign') return create(data, campaign);
    if (campaign.phase === 'None') return refuse('CampaignUnknown', { campaignId: data.campaignId });
    switch (type) {
      case 'PauseCampaign':
      case 'ResumeCampaign':
      case 'EndCampaign':
        return steer(type, data, campaign);
      case 'CountAds':
        return accept(...countAds(data, campaign));
      case 'InvalidateAds':
        return accept(...invalidateAds(data, campaign));
      case 'SettleAds':
        return accept(...settleAds(data, campaign));
    }
  },
};

export type { Campaign, CampaignEvent } from './campaign-state';
