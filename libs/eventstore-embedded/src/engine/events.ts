/** What a caller says about the stream it appends to; a bigint is the exact revision of its last event. */
export type ExpectedRevision = 'any' | 'no_stream' | 'stream_exists' | bigint;

/** An event as a client proposes it. Data and metadata are bytes to the store, whatever they mean to the client. */
export interface ProposedEvent {
  /** UUID in lower case. */
  readonly id: string;
  readonly type: string;
  readonly isJson: boolean;
  readonly data: Buffer;
  readonly metadata: Buffer;
}

/** An event with its place in the log. */
export interface RecordedEvent extends ProposedEvent {
  readonly stream: string;
  /** 0, 1, 2 … within the stream, or TOMBSTONE_REVISION. */
  readonly revision: number;
  /** Strictly increasing in commit order, sparse, opaque to clients. */
  readonly position: number;
  /** Milliseconds since 1970; never smaller than that of an event before it. */
  readonly created: number;
}

/** Where an event was written; what a repeated append is answered with. */
export interface Place {
  readonly revision: number;
  readonly position: number;
}

/**
 * Revision of the record that ends a stream for ever. On the wire it is 2^63-1; that does not fit a JavaScript number,
 * therefore the largest exact one stands for it inside, and the codec translates.
 */
export const TOMBSTONE_REVISION = Number.MAX_SAFE_INTEGER;

export const TOMBSTONE_TYPE = '$streamDeleted';
export const METADATA_TYPE = '$metadata';
export const LINK_TYPE = '$>';

/** Bytes that count towards the append limit, as EventStoreDB counts them: data, metadata, two per character of type. */
export const sizeOf = (event: ProposedEvent): number =>
  event.data.length + event.metadata.length + 2 * event.type.length;

const RECORD_OVERHEAD = 64;
const ALIGNMENT = 8;

/** Bytes by which the log position moves over this event: positions are offsets in a log that is never dense. */
export function recordLength(stream: string, event: ProposedEvent): number {
  const bytes = RECORD_OVERHEAD + stream.length + event.type.length + event.data.length + event.metadata.length;
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
