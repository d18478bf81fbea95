import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class WebhookDeletionRequestedV1 {
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

/** Someone asked to end an endpoint. Answer: `billing.webhook.deleted` or a refusal. */
export const WebhookDeletionRequested = defineEvent(
  'gateway.request.webhook-deletion-requested',
  1,
  WebhookDeletionRequestedV1,
);
export type WebhookDeletionRequested = EventOf<typeof WebhookDeletionRequested>;
