import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import {
  WEBHOOK_ORDERINGS,
  WEBHOOK_TYPE_GLOB,
  WEBHOOK_TYPES_MAX,
  WEBHOOK_URL_LENGTH_MAX,
  type WebhookOrdering,
} from '../../webhooks/endpoint';

class WebhookUpdateRequestedV1 {
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
  @IsOptional()
  @IsString()
  @Length(8, WEBHOOK_URL_LENGTH_MAX)
  readonly url?: string;
  @IsOptional()
  @IsString()
  @MaxLength(256)
  readonly description?: string;
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(WEBHOOK_TYPES_MAX)
  @Matches(WEBHOOK_TYPE_GLOB, { each: true })
  readonly types?: readonly string[];
  @IsOptional()
  @IsIn(WEBHOOK_ORDERINGS)
  readonly ordering?: WebhookOrdering;
  /** False stops deliveries, true lets them go on. */
  @IsOptional()
  @IsBoolean()
  readonly enabled?: boolean;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Someone asked to change an endpoint; what is left out stays. Answer: `billing.webhook.updated`, or a refusal. */
export const WebhookUpdateRequested = defineEvent(
  'gateway.request.webhook-update-requested',
  1,
  WebhookUpdateRequestedV1,
);
export type WebhookUpdateRequested = EventOf<typeof WebhookUpdateRequested>;
