import { campaignView } from './application/ads/campaign.projection';
import { ChargeCampaignsHandler } from './application/ads/charge-campaigns.handler';
import { ManageCampaignsHandler } from './application/ads/manage-campaigns.handler';
import { SettleCampaignsProcess } from './application/ads/settle-campaigns.process';

/** Advertisements: campaigns, what is shown of them, and what that costs. */
export const adsProviders = [ManageCampaignsHandler, SettleCampaignsProcess, ChargeCampaignsHandler];

export const adsProjections = [campaignView];
