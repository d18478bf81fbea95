import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class OptimizerDeliveryUnparkedV1 {
  /** `optimizer-<source context>`. */
  @IsString()
  @Length(1, 128)
  readonly consumer!: string;
  @IsString()
  @Length(1, 1024)
  readonly eventId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** optimizer took a parked event to try it once more; where that fails, it is parked again. */
export const OptimizerDeliveryUnparked = defineEvent('optimizer.delivery.unparked', 1, OptimizerDeliveryUnparkedV1);
export type OptimizerDeliveryUnparked = EventOf<typeof OptimizerDeliveryUnparked>;
