import { IsOptional, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class ParkedRetryRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsString()
  @Length(1, 128)
  readonly context!: string;
  /** One event; all of the context where left out. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly eventId?: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An operator asked that parked events are delivered again. */
export const ParkedRetryRequested = defineEvent('gateway.request.parked-retry-requested', 1, ParkedRetryRequestedV1);
export type ParkedRetryRequested = EventOf<typeof ParkedRetryRequested>;
