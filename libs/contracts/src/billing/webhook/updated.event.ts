import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { WebhookSettings } from '../../webhooks/endpoint';

class WebhookUpdatedV1 {
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
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The endpoint is as its owner wants it now. What waits goes to the new address. */
export const WebhookUpdated = defineEvent('billing.webhook.updated', 1, WebhookUpdatedV1);
export type WebhookUpdated = EventOf<typeof WebhookUpdated>;
