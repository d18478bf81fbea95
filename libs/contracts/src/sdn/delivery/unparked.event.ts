import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class SdnDeliveryUnparkedV1 {
  /** `sdn-<source context>`. */
  @IsString()
  @Length(1, 128)
  readonly consumer!: string;
  @IsString()
  @Length(1, 1024)
  readonly eventId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** sdn took a parked event to try it once more; where that fails, it is parked again. */
export const SdnDeliveryUnparked = defineEvent('sdn.delivery.unparked', 1, SdnDeliveryUnparkedV1);
export type SdnDeliveryUnparked = EventOf<typeof SdnDeliveryUnparked>;
