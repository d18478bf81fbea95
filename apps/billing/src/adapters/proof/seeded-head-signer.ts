import { createHash, createPrivateKey, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { HeadSigner } from '../../application/proof/head-signer';

/** PKCS #8 of an Ed25519 key, up to its 32 bytes (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const RAW_KEY_BYTES = 32;

/** A key that anybody can make from its seed: for simulations and specs, where the same run must be the same run. */
export class SeededHeadSigner extends HeadSigner {
  private readonly key: KeyObject;

  constructor(seed: string) {
    super();
    const bytes = createHash('sha256').update(`simulated ${seed}`).digest();
    this.key = createPrivateKey({ key: Buffer.concat([PKCS8, bytes]), format: 'der', type: 'pkcs8' });
  }

  override publicKey(): string {
    return createPublicKey(this.key).export({ format: 'der', type: 'spki' }).subarray(-RAW_KEY_BYTES).toString('hex');
  }

  override sign(text: string): string {
    return sign(null, Buffer.from(text), this.key).toString('hex');
  }
}
