/** 2^63 − 1: the revision of the record that ends a stream for ever. */
export const TOMBSTONE_REVISION = 9_223_372_036_854_775_807n;

/** `$tb` of a deleted stream; compared as "at least 9.2e18", because the literal does not survive JSON.parse. */
export const TRUNCATE_ALL = Number.POSITIVE_INFINITY;

/** What the caller expects of the stream. A number is the exact last revision. */
export type Expected = number | 'no_stream' | 'any' | 'stream_exists';

export interface ProposedEvent {
  readonly id: string;
  readonly type: string;
  readonly json: boolean;
  readonly metadata: Uint8Array;
  readonly data: Uint8Array;
}

/** A record of the log. Revisions and positions are safe integers; a tombstone's revision is `TOMBSTONE`. */
export interface StoredEvent extends ProposedEvent {
  readonly position: number;
  readonly stream: string;
  readonly revision: number;
  /** 100-nanosecond ticks since 1970, as the protocol has them. */
  readonly createdTicks: string;
}

/** In place of 2^63 − 1, which no double holds. */
export const TOMBSTONE = Number.MAX_SAFE_INTEGER;

export interface StreamMetadata {
  readonly maxCount?: number;
  /** Seconds. */
  readonly maxAge?: number;
  /** Events below this revision are not visible. */
  readonly truncateBefore?: number;
  readonly acl?: Readonly<Record<string, unknown>>;
}

/** What the engine knows of a stream: committed writes and those accepted but not yet flushed. */
export interface StreamHead {
  /** Last revision, −1 where nothing was written. */
  readonly revision: number;
  readonly tombstoned: boolean;
  /** Position of the last record; 0 where there is none. */
  readonly position: number;
  /** Of `$$stream`; undefined where none was ever written. */
  readonly metadata?: StreamMetadata;
}

export const EMPTY_HEAD: StreamHead = { revision: -1, tombstoned: false, position: 0 };

export const isDeleted = (head: StreamHead): boolean => head.metadata?.truncateBefore === TRUNCATE_ALL;

export type Verdict =
  | { readonly kind: 'append' }
  | { readonly kind: 'idempotent'; readonly revision: number; readonly position: number }
  | { readonly kind: 'wrong-version'; readonly current: number }
  | { readonly kind: 'deleted'; readonly stream: string };

/** An id that was written before, and where. */
export interface KnownWrite {
  readonly revision: number;
  readonly position: number;
}
