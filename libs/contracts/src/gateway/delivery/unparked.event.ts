import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class GatewayDeliveryUnparkedV1 {
  /** `gateway-<source context>`. */
  @IsString()
  @Length(1, 128)
  readonly consumer!: string;
  @IsString()
  @Length(1, 1024)
  readonly eventId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** gateway took a parked event to try it once more; where that fails, it is parked again. */
export const GatewayDeliveryUnparked = defineEvent('gateway.delivery.unparked', 1, GatewayDeliveryUnparkedV1);
export type GatewayDeliveryUnparked = EventOf<typeof GatewayDeliveryUnparked>;
