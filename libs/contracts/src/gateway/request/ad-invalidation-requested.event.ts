import { ArrayMaxSize, IsArray, IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { AD_EVENTS_MAX } from '../../values';

class AdInvalidationRequestedV1 {
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

/** An operator found ad events to be no people. */
export const AdInvalidationRequested = defineEvent(
  'gateway.request.ad-invalidation-requested',
  1,
  AdInvalidationRequestedV1,
);
export type AdInvalidationRequested = EventOf<typeof AdInvalidationRequested>;
