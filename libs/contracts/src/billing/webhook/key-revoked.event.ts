import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class WebhookKeyRevokedV1 {
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
  @IsString()
  @Length(1, 128)
  readonly keyId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The key signs nothing any more. */
export const WebhookKeyRevoked = defineEvent('billing.webhook.key-revoked', 1, WebhookKeyRevokedV1);
export type WebhookKeyRevoked = EventOf<typeof WebhookKeyRevoked>;
