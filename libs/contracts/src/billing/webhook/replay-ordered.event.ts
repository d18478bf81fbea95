import { IsOptional, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class WebhookReplayOrderedV1 {
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
  /** Inclusive. */
  @Matches(INTEGER)
  readonly fromPosition!: string;
  /** Inclusive; left out, up to this fact. */
  @IsOptional()
  @Matches(INTEGER)
  readonly toPosition?: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** What the log holds from a position on is sent, whether it was sent before or not. */
export const WebhookReplayOrdered = defineEvent('billing.webhook.replay-ordered', 1, WebhookReplayOrderedV1);
export type WebhookReplayOrdered = EventOf<typeof WebhookReplayOrdered>;
