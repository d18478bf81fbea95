import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { CampaignTerms } from '../../values';

class CampaignCreatedV1 {
  @IsString()
  @Length(1, 128)
  readonly campaignId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => CampaignTerms)
  readonly terms!: CampaignTerms;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An advertiser has a campaign. */
export const CampaignCreated = defineEvent('billing.campaign.created', 1, CampaignCreatedV1);
export type CampaignCreated = EventOf<typeof CampaignCreated>;
