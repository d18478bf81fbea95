import { IsInt, IsString, Length, Matches, MaxLength, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class OptimizerDeliveryParkedV1 {
  /** `optimizer-<source context>`. */
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

/** optimizer could not handle an event and keeps it until somebody retries it. */
export const OptimizerDeliveryParked = defineEvent('optimizer.delivery.parked', 1, OptimizerDeliveryParkedV1);
export type OptimizerDeliveryParked = EventOf<typeof OptimizerDeliveryParked>;
