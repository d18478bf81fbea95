import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class WebhookRecoveredV1 {
  @IsString()
  @Length(1, 128)
  readonly endpointId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @Matches(ISO_UTC)
  readonly failingSince!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Something arrived again after the owner was told that nothing did. */
export const WebhookRecovered = defineEvent('billing.webhook.recovered', 1, WebhookRecoveredV1);
export type WebhookRecovered = EventOf<typeof WebhookRecovered>;
