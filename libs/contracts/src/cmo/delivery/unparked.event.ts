import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class CmoDeliveryUnparkedV1 {
  /** `cmo-<source context>`. */
  @IsString()
  @Length(1, 128)
  readonly consumer!: string;
  @IsString()
  @Length(1, 1024)
  readonly eventId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** cmo took a parked event to try it once more; where that fails, it is parked again. */
export const CmoDeliveryUnparked = defineEvent('cmo.delivery.unparked', 1, CmoDeliveryUnparkedV1);
export type CmoDeliveryUnparked = EventOf<typeof CmoDeliveryUnparked>;
