import { createHmac, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { signatureHeader, signedContent } from '../../domain/webhooks/signing';
import type { SigningKey } from './webhook-secrets';

/** DER of a PKCS #8 Ed25519 private key up to its 32 bytes (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
/** DER of an X.509 Ed25519 public key up to its 32 bytes. */
const SPKI_HEAD_BYTES = 12;

export const SECRET_PREFIX = 'whsec_';
export const PUBLIC_KEY_PREFIX = 'whpk_';

const privateKeyOf = (seed: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });

/** `whpk_` and the base64 of the 32 bytes that verify what this seed signs. */
export function publicKeyOf(seed: Uint8Array): string {
  const spki = createPublicKey(privateKeyOf(seed)).export({ format: 'der', type: 'spki' });
  return PUBLIC_KEY_PREFIX + spki.subarray(SPKI_HEAD_BYTES).toString('base64');
}

/** `whsec_` and the base64 of 32 bytes. */
export const secretText = (bytes: Uint8Array): string => SECRET_PREFIX + Buffer.from(bytes).toString('base64');

export interface Message {
  readonly id: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly body: string;
}

/** Signs with the keys of one endpoint; a prepared key is remembered, since preparing costs more than signing. */
export class Signer {
  private readonly prepared: readonly { readonly key: SigningKey; readonly object: KeyObject | undefined }[];

  constructor(keys: readonly SigningKey[]) {
    this.prepared = keys.map((key) => ({
      key,
      object: key.algorithm === 'v1a' ? privateKeyOf(key.bytes) : undefined,
    }));
  }

  /** The header `webhook-signature`, one signature for each key. */
  header({ id, timestamp, body }: Message): string {
    const content = signedContent(id, timestamp, body);
    const signatures = this.prepared.map(({ key: { algorithm, bytes }, object }) => ({
      algorithm,
      base64: object
        ? sign(null, Buffer.from(content), object).toString('base64')
        : createHmac('sha256', bytes).update(content).digest('base64'),
    }));
    return signatureHeader(signatures);
  }
}
