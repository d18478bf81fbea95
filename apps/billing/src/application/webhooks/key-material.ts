import { createHash } from 'node:crypto';
import { reasonOf, WEBHOOK_SECRET_SHOWN_MINUTES, type WebhookKey } from '@solyx/contracts';
import { SolyxError } from '@solyx/kernel';
import { publicKeyOf, secretText } from './sign-message';
import type { ShownSecret, SigningKey } from './webhook-secrets';

/** A key as an adapter keeps it. */
export interface KeptKey extends SigningKey {
  readonly endpointId: string;
  readonly organizationId: string;
  /** ISO 8601 UTC. */
  readonly madeAt: string;
}

/** What may be known of it. */
export const knownOf = ({ keyId, algorithm, bytes }: SigningKey): WebhookKey => ({
  keyId,
  algorithm,
  ...(algorithm === 'v1a' ? { publicKey: publicKeyOf(bytes) } : {}),
});

export const keyMissing = (keyId: string): SolyxError =>
  new SolyxError('NotFound', `there is no signing key ${keyId}`, { keyId });

/** The secret of a key that was made a moment ago; throws for an older one. */
export function shown({ keyId, algorithm, bytes, madeAt }: KeptKey, at: string): ShownSecret {
  if (Date.parse(at) - Date.parse(madeAt) <= WEBHOOK_SECRET_SHOWN_MINUTES * 60_000) {
    return { algorithm, secret: algorithm === 'v1a' ? publicKeyOf(bytes) : secretText(bytes) };
  }
  const reason = 'WebhookSecretShown';
  const { message, hint } = reasonOf(reason);
  throw new SolyxError('FailedPrecondition', message, { keyId }, { reason, hint });
}

/** 32 bytes from a text, for planes in memory where no secret guards anything. */
export const derivedBytes = (text: string): Uint8Array => createHash('sha256').update(text).digest();
