import { IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class CampaignPausedV1 {
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

/** The campaign is not shown until it is resumed. */
export const CampaignPaused = defineEvent('billing.campaign.paused', 1, CampaignPausedV1);
export type CampaignPaused = EventOf<typeof CampaignPaused>;
