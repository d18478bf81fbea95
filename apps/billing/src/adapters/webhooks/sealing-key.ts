import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { SolyxError } from '@solyx/kernel';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/** Where the key that seals secrets comes from. Processes that share a database must share it. */
export interface SealingKeySource {
  /** 64 hex digits; goes before the file. */
  readonly hex?: string | undefined;
  /** Made with mode 600 where it is missing. */
  readonly file: string;
}

function fromHex(text: string, from: string): Buffer {
  const key = Buffer.from(text.trim(), 'hex');
  if (key.length === KEY_BYTES && /^[0-9a-f]{64}$/i.test(text.trim())) return key;
  throw new SolyxError(
    'FailedPrecondition',
    `${from} is not 64 hex digits`,
    {},
    { hint: 'Restore it from a copy; without it the secrets of webhooks cannot be read, and each must be rotated.' },
  );
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

/** Makes the file for its owner alone, unless another process was faster. */
function makeFile(file: string): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const made = openSync(file, 'wx', 0o600);
  try {
    writeSync(made, `${randomBytes(KEY_BYTES).toString('hex')}\n`);
    fsyncSync(made);
  } finally {
    closeSync(made);
  }
}

function readOrMakeKey(file: string): Buffer {
  try {
    return fromHex(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
  try {
    makeFile(file);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  return fromHex(readFileSync(file, 'utf8'), file);
}

/**
 * AES-256-GCM with a fresh nonce for each secret. What a secret belongs to is authenticated with it, so that a row
 * copied to another endpoint does not open. Read at first use: who has no webhooks needs no key.
 */
export class SealingKey {
  private key: Buffer | undefined;

  constructor(private readonly source: SealingKeySource) {}

  /** Nonce, tag, ciphertext. */
  seal(plain: Uint8Array, owner: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.read(), nonce).setAAD(Buffer.from(owner));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  open(sealed: Buffer, owner: string): Uint8Array {
    const nonce = sealed.subarray(0, NONCE_BYTES);
    const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
    try {
      const decipher = createDecipheriv(CIPHER, this.read(), nonce).setAAD(Buffer.from(owner)).setAuthTag(tag);
      return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    } catch (cause) {
      if (cause instanceof SolyxError) throw cause;
      const hint = 'Restore the file or setting with the key that sealed it, or rotate the key of the endpoint.';
      throw new SolyxError('FailedPrecondition', `the secret of ${owner} does not open`, { owner }, { cause, hint });
    }
  }

  private read(): Buffer {
    const { hex, file } = this.source;
    this.key ??= hex === undefined ? readOrMakeKey(file) : fromHex(hex, 'SOLYX_BILLING_WEBHOOK_KEY');
    return this.key;
  }
}
