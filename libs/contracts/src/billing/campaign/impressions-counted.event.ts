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

class CampaignImpressionsCountedV1 {
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
  /** Reported with them, but late, capped, beyond the budget, or known. */
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

/** Impressions count, and are held for a day before they are charged. */
export const CampaignImpressionsCounted = defineEvent(
  'billing.campaign.impressions-counted',
  1,
  CampaignImpressionsCountedV1,
);
export type CampaignImpressionsCounted = EventOf<typeof CampaignImpressionsCounted>;
