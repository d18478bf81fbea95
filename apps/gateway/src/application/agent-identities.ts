/** Identities of agents on the bus. The adapter holds the signing key. */
export abstract class AgentIdentities {
  /** A JWT that admits the machine with this public key as this node, and when it ends. Throws FailedPrecondition where no signing key is configured. */
  abstract issue(nodeId: string, publicKey: string): { readonly jwt: string; readonly expiresAt: string };
  /** Whose JWT it is, where this gateway's key signed it; undefined otherwise. An expired one is still known for a day. */
  abstract read(jwt: string): { readonly nodeId: string; readonly publicKey: string } | undefined;
  /** Whether the holder of the public key signed the text; `signature` is base64url. */
  abstract verify(publicKey: string, text: string, signature: string): boolean;
}
