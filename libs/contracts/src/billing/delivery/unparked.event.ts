import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class BillingDeliveryUnparkedV1 {
  /** `billing-<source context>`. */
  @IsString()
  @Length(1, 128)
  readonly consumer!: string;
  @IsString()
  @Length(1, 1024)
  readonly eventId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** billing took a parked event to try it once more; where that fails, it is parked again. */
export const BillingDeliveryUnparked = defineEvent('billing.delivery.unparked', 1, BillingDeliveryUnparkedV1);
export type BillingDeliveryUnparked = EventOf<typeof BillingDeliveryUnparked>;
