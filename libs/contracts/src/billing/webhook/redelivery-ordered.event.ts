import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { WebhookDeliverySelection } from '../../webhooks/endpoint';

class WebhookRedeliveryOrderedV1 {
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
  @IsDefined()
  @ValidateNested()
  @Type(() => WebhookDeliverySelection)
  readonly selection!: WebhookDeliverySelection;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Earlier deliveries are sent once more, each as a delivery of its own. */
export const WebhookRedeliveryOrdered = defineEvent(
  'billing.webhook.redelivery-ordered',
  1,
  WebhookRedeliveryOrderedV1,
);
export type WebhookRedeliveryOrdered = EventOf<typeof WebhookRedeliveryOrdered>;
