import type { WebhookAlgorithm, WebhookKey } from '@solyx/contracts';

export interface KeyOrder {
  readonly keyId: string;
  readonly endpointId: string;
  readonly organizationId: string;
  readonly algorithm: WebhookAlgorithm;
  /** ISO 8601 UTC. */
  readonly at: string;
}

/** A key as the signer needs it: 32 bytes, of HMAC-SHA-256 or the seed of Ed25519. */
export interface SigningKey {
  readonly keyId: string;
  readonly algorithm: WebhookAlgorithm;
  readonly bytes: Uint8Array;
}

export interface ShownSecret {
  readonly algorithm: WebhookAlgorithm;
  /** `whsec_…`, or `whpk_…` of Ed25519. */
  readonly secret: string;
}

/** Signing keys, which are in no event. Adapters: PostgreSQL (sealed with AES-256-GCM), memory. */
export abstract class WebhookSecrets {
  /** Makes it once; the same id again is the same key. */
  abstract make(order: KeyOrder): Promise<WebhookKey>;
  /** In the order asked for; throws NotFound where one is missing. */
  abstract load(endpointId: string, keyIds: readonly string[]): Promise<readonly SigningKey[]>;
  /** Within ten minutes of its making; throws NotFound, or FailedPrecondition with reason WebhookSecretShown. */
  abstract show(order: Pick<KeyOrder, 'organizationId' | 'endpointId' | 'keyId' | 'at'>): Promise<ShownSecret>;
  /** Of the endpoint, all but these. */
  abstract forgetAllBut(endpointId: string, keyIds: readonly string[]): Promise<void>;
}
