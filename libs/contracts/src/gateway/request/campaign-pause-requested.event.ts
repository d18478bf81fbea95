import { IsBoolean, IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class CampaignPauseRequestedV1 {
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
  /** False: show it again. */
  @IsBoolean()
  readonly paused!: boolean;
  @IsString()
  @MaxLength(1024)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An advertiser wants a campaign paused, or shown again. */
export const CampaignPauseRequested = defineEvent(
  'gateway.request.campaign-pause-requested',
  1,
  CampaignPauseRequestedV1,
);
export type CampaignPauseRequested = EventOf<typeof CampaignPauseRequested>;
