import { IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class CampaignEndedV1 {
  @IsString()
  @Length(1, 128)
  readonly campaignId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @MaxLength(1024)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The campaign shows nothing more; what is held is still settled. */
export const CampaignEnded = defineEvent('billing.campaign.ended', 1, CampaignEndedV1);
export type CampaignEnded = EventOf<typeof CampaignEnded>;
