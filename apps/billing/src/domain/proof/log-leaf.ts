import { canonicalJson, leafHash, type MerkleHash, type Recorded } from '@solyx/kernel';

/**
 * What the tree says of one event: canonical JSON (RFC 8785) of exactly these members, as the log stores them, neither
 * upcast nor completed. Revision and position are decimal strings, `created` is ISO 8601 UTC with milliseconds.
 */
export const leafTextOf = ({ type, stream, revision, position, id, recordedAt, data, metadata }: Recorded): string =>
  canonicalJson({
    ...{ type, stream, id, data, metadata },
    ...{ revision: revision.toString(), position: position.toString(), created: recordedAt },
  });

export const leafHashOf = (event: Recorded): MerkleHash => leafHash(leafTextOf(event));

/** An event, as far as a proof needs it. */
export interface LeafText {
  readonly position: bigint;
  readonly text: string;
  readonly hash: MerkleHash;
}

export function leafOf(event: Recorded): LeafText {
  const text = leafTextOf(event);
  return { position: event.position, text, hash: leafHash(text) };
}
