import { IsIn, IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { WEBHOOK_ALGORITHMS, type WebhookAlgorithm } from '../../webhooks/endpoint';

class WebhookRotationRequestedV1 {
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
  /** Left out: that of the key before. */
  @IsOptional()
  @IsIn(WEBHOOK_ALGORITHMS)
  readonly algorithm?: WebhookAlgorithm;
  /** So long the old key signs too; 0 revokes it at once. 86,400 is usual. */
  @IsInt()
  @Min(0)
  @Max(604_800)
  readonly overlapSeconds!: number;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Someone asked for a new key. Answer: `billing.webhook.key-rotated` or a refusal. */
export const WebhookRotationRequested = defineEvent(
  'gateway.request.webhook-rotation-requested',
  1,
  WebhookRotationRequestedV1,
);
export type WebhookRotationRequested = EventOf<typeof WebhookRotationRequested>;
