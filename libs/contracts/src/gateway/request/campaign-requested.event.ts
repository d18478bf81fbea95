import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { CampaignTerms } from '../../values';

class CampaignRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsString()
  @Length(1, 128)
  readonly campaignId!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => CampaignTerms)
  readonly terms!: CampaignTerms;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An advertiser wants a campaign. */
export const CampaignRequested = defineEvent('gateway.request.campaign-requested', 1, CampaignRequestedV1);
export type CampaignRequested = EventOf<typeof CampaignRequested>;
