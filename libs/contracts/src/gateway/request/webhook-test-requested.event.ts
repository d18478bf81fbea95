import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class WebhookTestRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsString()
  @Length(1, 128)
  readonly endpointId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Someone asked for a test event. Answer: `billing.webhook.test-ordered` or a refusal. */
export const WebhookTestRequested = defineEvent('gateway.request.webhook-test-requested', 1, WebhookTestRequestedV1);
export type WebhookTestRequested = EventOf<typeof WebhookTestRequested>;
