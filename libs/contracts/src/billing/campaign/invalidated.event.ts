import { ArrayMaxSize, IsArray, IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { AD_EVENTS_MAX } from '../../values';

class CampaignInvalidatedV1 {
  @IsString()
  @Length(1, 128)
  readonly campaignId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsArray()
  @ArrayMaxSize(AD_EVENTS_MAX)
  @IsString({ each: true })
  @Length(1, 128, { each: true })
  readonly eventIds!: readonly string[];
  @IsString()
  @MaxLength(1024)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Impressions or clicks were found to be no people within the hold; they are not charged. */
export const CampaignInvalidated = defineEvent('billing.campaign.invalidated', 1, CampaignInvalidatedV1);
export type CampaignInvalidated = EventOf<typeof CampaignInvalidated>;
