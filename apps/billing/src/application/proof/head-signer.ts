/** The key that heads are signed with (Ed25519, RFC 8032). Its private half never leaves the adapter. */
export abstract class HeadSigner {
  /** 32 bytes in hex; undefined where this installation has no key, and signs nothing. */
  abstract publicKey(): string | undefined;
  /** 64 bytes in hex, of the text's UTF-8 bytes. */
  abstract sign(text: string): string;
}
