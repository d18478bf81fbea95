import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { WebhookDeliverySelection } from '../../webhooks/endpoint';

class WebhookRedeliveryRequestedV1 {
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
  @IsDefined()
  @ValidateNested()
  @Type(() => WebhookDeliverySelection)
  readonly selection!: WebhookDeliverySelection;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Someone asked to send deliveries once more. Answer: `billing.webhook.redelivery-ordered` or a refusal. */
export const WebhookRedeliveryRequested = defineEvent(
  'gateway.request.webhook-redelivery-requested',
  1,
  WebhookRedeliveryRequestedV1,
);
export type WebhookRedeliveryRequested = EventOf<typeof WebhookRedeliveryRequested>;
