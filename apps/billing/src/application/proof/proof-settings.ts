/** How often heads are signed. */
export abstract class ProofSettings {
  /** The tree takes in new events about this often. */
  abstract readonly growEveryMs: number;
  /** A head is signed when this many events are not covered … */
  abstract readonly headEveryEvents: number;
  /** … or when any is not and the last head is this old. */
  abstract readonly headEveryMs: number;
}
