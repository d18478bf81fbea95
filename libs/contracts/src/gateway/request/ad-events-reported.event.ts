import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { AD_EVENTS_MAX, AdEvent } from '../../values';

class AdEventsReportedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsArray()
  @ArrayMaxSize(AD_EVENTS_MAX)
  @ValidateNested({ each: true })
  @Type(() => AdEvent)
  readonly events!: readonly AdEvent[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An app says which advertisements were seen and followed. */
export const AdEventsReported = defineEvent('gateway.request.ad-events-reported', 1, AdEventsReportedV1);
export type AdEventsReported = EventOf<typeof AdEventsReported>;
