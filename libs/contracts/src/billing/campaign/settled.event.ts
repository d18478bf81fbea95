import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  Length,
  Matches,
  Min,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { AD_PRICINGS, PublisherShare } from '../../values';

class CampaignSettledV1 {
  @IsString()
  @Length(1, 128)
  readonly campaignId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 128)
  readonly settlementId!: string;
  /** Held until here, inclusive. */
  @Matches(ISO_UTC)
  readonly until!: string;
  @IsIn(AD_PRICINGS)
  readonly pricing!: (typeof AD_PRICINGS)[number];
  /** Impressions (cpm) or clicks (cpc). */
  @IsInt()
  @Min(0)
  readonly count!: number;
  /** Settled before. */
  @IsInt()
  @Min(0)
  readonly countBefore!: number;
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
  @IsArray()
  @ArrayMaxSize(256)
  @ValidateNested({ each: true })
  @Type(() => PublisherShare)
  readonly shares!: readonly PublisherShare[];
  @IsBoolean()
  readonly simulated!: boolean;
  /** First seen. */
  @Matches(ISO_UTC)
  readonly from!: string;
  /** After the last seen. */
  @Matches(ISO_UTC)
  readonly to!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** What was held and is valid is charged, and shared with who showed it. Amounts telescope: together they are the rate times the count, rounded once. */
export const CampaignSettled = defineEvent('billing.campaign.settled', 1, CampaignSettledV1);
export type CampaignSettled = EventOf<typeof CampaignSettled>;
