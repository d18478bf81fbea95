import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SolyxError } from '@solyx/kernel';
import { HeadSigner } from '../../application/proof/head-signer';

const RAW_KEY_BYTES = 32;
const OTHERS_MAY = 0o007;

const rawPublicKeyOf = (key: KeyObject): string =>
  createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-RAW_KEY_BYTES).toString('hex');

const refused = (file: string, why: string, hint: string, cause?: unknown): SolyxError =>
  new SolyxError('FailedPrecondition', `${file} ${why}`, {}, { hint, reason: 'SigningKeyUnusable', cause });

/**
 * An Ed25519 key in a file (PKCS #8, PEM) that only its owner reads. Made at first use where there is none; a damaged one
 * is refused, never replaced, because what was signed before could no longer be checked with one key.
 */
export class FileHeadSigner extends HeadSigner {
  private loaded: { readonly key: KeyObject; readonly publicKey: string } | undefined;

  constructor(private readonly file: string | undefined) {
    super();
  }

  override publicKey(): string | undefined {
    return this.file === undefined ? undefined : this.load(this.file).publicKey;
  }

  override sign(text: string): string {
    if (this.file === undefined) {
      throw new SolyxError(
        'FailedPrecondition',
        'this installation has no key to sign with',
        {},
        {
          hint: 'Set SOLYX_BILLING_PROOF_KEY_FILE to a file that billing may write, and start it again.',
        },
      );
    }
    return sign(null, Buffer.from(text), this.load(this.file).key).toString('hex');
  }

  private load(file: string): { readonly key: KeyObject; readonly publicKey: string } {
    if (this.loaded) return this.loaded;
    const key = readKey(file) ?? makeKey(file);
    this.loaded = { key, publicKey: rawPublicKeyOf(key) };
    return this.loaded;
  }
}

function readKey(file: string): KeyObject | undefined {
  let pem: string;
  try {
    if ((statSync(file).mode & OTHERS_MAY) !== 0) {
      throw refused(file, 'may be read by everybody', `Run \`chmod 600 ${file}\`, and consider the key as known.`);
    }
    pem = readFileSync(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw SolyxError.from(error);
  }
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch (cause) {
    throw refused(file, 'is not a private key', 'Restore it from a copy; heads already signed need it.', cause);
  }
  throw refused(file, 'is not an Ed25519 key', 'Restore it from a copy; heads already signed need it.');
}

function makeKey(file: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519');
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  try {
    // `wx`: of two processes that start at once, one makes the key and the other reads it.
    writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600, flag: 'wx', flush: true });
    return privateKey;
  } catch (error) {
    const made = readKey(file);
    if (made) return made;
    throw SolyxError.from(error);
  }
}

const isMissing = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
