import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsString,
  Length,
  Matches,
  Min,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { AD_EVENTS_MAX, CountedAd } from '../../values';

class CampaignClicksCountedV1 {
  @IsString()
  @Length(1, 128)
  readonly campaignId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsArray()
  @ArrayMaxSize(AD_EVENTS_MAX)
  @ValidateNested({ each: true })
  @Type(() => CountedAd)
  readonly ads!: readonly CountedAd[];
  @IsInt()
  @Min(0)
  readonly notCounted!: number;
  @Matches(ISO_UTC)
  readonly holdUntil!: string;
  @IsBoolean()
  readonly simulated!: boolean;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Clicks on counted impressions count, and are held for a day before they are charged. */
export const CampaignClicksCounted = defineEvent('billing.campaign.clicks-counted', 1, CampaignClicksCountedV1);
export type CampaignClicksCounted = EventOf<typeof CampaignClicksCounted>;
