import { createHash } from 'node:crypto';

/** First 16 hex digits of the SHA-256 of the raw public key (32 bytes in hex). */
export const keyIdOf = (publicKey: string): string =>
  createHash('sha256').update(Buffer.from(publicKey, 'hex')).digest('hex').slice(0, 16);
