import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class WebhookTestOrderedV1 {
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

/** One event of the type `webhook.test` is sent. */
export const WebhookTestOrdered = defineEvent('billing.webhook.test-ordered', 1, WebhookTestOrderedV1);
export type WebhookTestOrdered = EventOf<typeof WebhookTestOrdered>;
