/** API keys and join tokens as text, and what is kept of them. The adapter holds the pepper. */
export abstract class Keys {
  /** Well-formed, checksum included: kind and id. Undefined for anything else, without any look-up. */
  abstract parse(key: string): { readonly kind: 'test' | 'live' | 'join'; readonly id: string } | undefined;
  /** HMAC-SHA-256 under the pepper, hex. */
  abstract hash(key: string): string;
  /** Constant-time. */
  abstract matches(hash: string, known: string): boolean;
  /** A key that nobody can guess, with this id. */
  abstract fresh(kind: 'test' | 'live', id: string): string;
  /** The same key for the same occasion; without the pepper nobody can tell it. Only for what is short-lived. */
  abstract derived(kind: 'join', occasion: string): { readonly id: string; readonly key: string };
  /** The id of the key that an occasion makes. */
  abstract idFor(occasion: string): string;
}
