import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { WebhookKey } from '../../webhooks/endpoint';

class WebhookKeyRotatedV1 {
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
  @Type(() => WebhookKey)
  readonly key!: WebhookKey;
  @IsString()
  @Length(1, 128)
  readonly previousKeyId!: string;
  /** Exclusive. */
  @Matches(ISO_UTC)
  readonly previousUntil!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A new key signs; the one before it signs beside it until the overlap ends. */
export const WebhookKeyRotated = defineEvent('billing.webhook.key-rotated', 1, WebhookKeyRotatedV1);
export type WebhookKeyRotated = EventOf<typeof WebhookKeyRotated>;
