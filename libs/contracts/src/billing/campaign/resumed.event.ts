import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class CampaignResumedV1 {
  @IsString()
  @Length(1, 128)
  readonly campaignId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The campaign is shown again. */
export const CampaignResumed = defineEvent('billing.campaign.resumed', 1, CampaignResumedV1);
export type CampaignResumed = EventOf<typeof CampaignResumed>;
