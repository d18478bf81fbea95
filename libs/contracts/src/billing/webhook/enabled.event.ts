import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class WebhookEnabledV1 {
  @IsString()
  @Length(1, 128)
  readonly endpointId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  /** The request that asked for it: a repeat of the same changes nothing. */
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Deliveries go on: what waited first, then what happens from now on. */
export const WebhookEnabled = defineEvent('billing.webhook.enabled', 1, WebhookEnabledV1);
export type WebhookEnabled = EventOf<typeof WebhookEnabled>;
