import { IsOptional, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class WebhookReplayRequestedV1 {
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
  @Matches(INTEGER)
  readonly fromPosition!: string;
  @IsOptional()
  @Matches(INTEGER)
  readonly toPosition?: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Someone asked to send the log from a position on. Answer: `billing.webhook.replay-ordered` or a refusal. */
export const WebhookReplayRequested = defineEvent(
  'gateway.request.webhook-replay-requested',
  1,
  WebhookReplayRequestedV1,
);
export type WebhookReplayRequested = EventOf<typeof WebhookReplayRequested>;
