import { createHmac, randomInt, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 12;
/** 190 bits: no dictionary reaches that, therefore one HMAC protects it as well as a slow hash. */
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const FORM = /^slx_(test|live|join)_([0-9A-Za-z]{12})_([0-9A-Za-z]{32})([0-9A-Za-z]{6})$/;

export type KeyKind = 'test' | 'live' | 'join';

export interface ParsedKey {
  readonly kind: KeyKind;
  readonly id: string;
}

/** `length` characters of 0-9A-Za-z, each equally likely. */
export const randomText = (length: number): string =>
  Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)] ?? '0').join('');

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i += 1) {
    digits = (ALPHABET[rest % ALPHABET.length] ?? '0') + digits;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return digits;
}

/** A new API key or join token: `slx_<kind>_<id>_<secret><checksum>`. It is shown once and never stored. */
export function newKey(kind: KeyKind): { readonly id: string; readonly key: string } {
  const id = randomText(ID_LENGTH);
  return { id, key: composeKey(kind, id, randomText(SECRET_LENGTH)) };
}

/** The key that these parts make: an id of 12 and a secret of 32 characters of 0-9A-Za-z. */
export function composeKey(kind: KeyKind, id: string, secret: string): string {
  const body = `slx_${kind}_${id}_${secret}`;
  return body + checksum(body);
}

/** The parts of a well-formed key; undefined for anything else, typing mistakes included, with no look-up at all. */
export function parseKey(key: string): ParsedKey | undefined {
  const match = FORM.exec(key);
  const [, kind, id] = match ?? [];
  if (kind === undefined || id === undefined) return undefined;
  return checksum(key.slice(0, -CHECKSUM_LENGTH)) === key.slice(-CHECKSUM_LENGTH)
    ? { kind: kind as KeyKind, id }
    : undefined;
}

/** HMAC-SHA-256 under the pepper (64 hex digits), as 64 hex digits: all that is ever stored of a key. */
export const hashKey = (key: string, pepper: string): string =>
  createHmac('sha256', Buffer.from(pepper, 'hex')).update(key).digest('hex');

/** Compares two hashes in the same time whether or not they differ early. */
export function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
