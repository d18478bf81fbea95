import { IsInt, IsString, Length, Matches, MaxLength, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class CmoDeliveryParkedV1 {
  /** `cmo-<source context>`. */
  @IsString()
  @Length(1, 128)
  readonly consumer!: string;
  @IsString()
  @Length(1, 1024)
  readonly eventId!: string;
  @IsString()
  @Length(1, 256)
  readonly eventType!: string;
  /** Code and message of the last failure. */
  @IsString()
  @Length(1, 64)
  readonly code!: string;
  @IsString()
  @MaxLength(1024)
  readonly message!: string;
  /** How often it was delivered. */
  @IsInt()
  @Min(1)
  readonly attempts!: number;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** cmo could not handle an event and keeps it until somebody retries it. */
export const CmoDeliveryParked = defineEvent('cmo.delivery.parked', 1, CmoDeliveryParkedV1);
export type CmoDeliveryParked = EventOf<typeof CmoDeliveryParked>;
