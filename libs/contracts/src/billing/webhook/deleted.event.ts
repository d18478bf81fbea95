import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class WebhookDeletedV1 {
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

/** The endpoint is no more; what waited is cancelled and its keys are forgotten. */
export const WebhookDeleted = defineEvent('billing.webhook.deleted', 1, WebhookDeletedV1);
export type WebhookDeleted = EventOf<typeof WebhookDeleted>;
