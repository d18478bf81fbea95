import { Type } from 'class-transformer';
import { IsDefined, IsIn, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { WEBHOOK_ALGORITHMS, WebhookSettings, type WebhookAlgorithm } from '../../webhooks/endpoint';

class WebhookRequestedV1 {
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
  @Type(() => WebhookSettings)
  readonly settings!: WebhookSettings;
  @IsIn(WEBHOOK_ALGORITHMS)
  readonly algorithm!: WebhookAlgorithm;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Someone with the right asked that events be sent to an address. Answer: `billing.webhook.created` or a refusal. */
export const WebhookRequested = defineEvent('gateway.request.webhook-requested', 1, WebhookRequestedV1);
export type WebhookRequested = EventOf<typeof WebhookRequested>;
