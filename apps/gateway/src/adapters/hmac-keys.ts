import { createHmac } from 'node:crypto';
import { composeKey, hashKey, parseKey, randomText, sameHash, type ParsedKey } from '@solyx/platform';
import { Keys } from '../application/keys';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 12;
const SECRET_LENGTH = 32;

/** Keys under the pepper of the configuration. Neither a key nor the pepper is ever logged or stored. */
export class HmacKeys extends Keys {
  constructor(private readonly pepper: string) {
    super();
  }

  override parse(key: string): ParsedKey | undefined {
    return parseKey(key);
  }

  override hash(key: string): string {
    return hashKey(key, this.pepper);
  }

  override matches(hash: string, known: string): boolean {
    return sameHash(hash, known);
  }

  override fresh(kind: 'test' | 'live', id: string): string {
    return composeKey(kind, id, randomText(SECRET_LENGTH));
  }

  override derived(kind: 'join', occasion: string): { readonly id: string; readonly key: string } {
    const id = this.idFor(occasion);
    return { id, key: composeKey(kind, id, this.letters(`secret ${occasion}`, SECRET_LENGTH)) };
  }

  override idFor(occasion: string): string {
    return this.letters(`id ${occasion}`, ID_LENGTH);
  }

  private letters(occasion: string, length: number): string {
    const bytes = createHmac('sha512', Buffer.from(this.pepper, 'hex')).update(`derived ${occasion}`).digest();
    return Array.from(bytes.subarray(0, length), (byte) => ALPHABET[byte % ALPHABET.length] ?? '0').join('');
  }
}
