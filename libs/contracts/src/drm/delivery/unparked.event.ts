import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class DrmDeliveryUnparkedV1 {
  /** `drm-<source context>`. */
  @IsString()
  @Length(1, 128)
  readonly consumer!: string;
  @IsString()
  @Length(1, 1024)
  readonly eventId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** drm took a parked event to try it once more; where that fails, it is parked again. */
export const DrmDeliveryUnparked = defineEvent('drm.delivery.unparked', 1, DrmDeliveryUnparkedV1);
export type DrmDeliveryUnparked = EventOf<typeof DrmDeliveryUnparked>;
