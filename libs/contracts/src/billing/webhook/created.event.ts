import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { WebhookKey, WebhookSettings } from '../../webhooks/endpoint';

class WebhookCreatedV1 {
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
  @Type(() => WebhookSettings)
  readonly settings!: WebhookSettings;
  @IsDefined()
  @ValidateNested()
  @Type(() => WebhookKey)
  readonly key!: WebhookKey;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An organization hears of its events at this address from now on, signed with this key. */
export const WebhookCreated = defineEvent('billing.webhook.created', 1, WebhookCreatedV1);
export type WebhookCreated = EventOf<typeof WebhookCreated>;
