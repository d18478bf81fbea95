import { TOMBSTONE_REVISION, type RecordedEvent } from './events';
import { NO_METADATA, parseMetadata, type StreamMetadata } from './stream-metadata';
import { isMetastream } from './stream-names';

/** All that decisions need to know of a stream and its metadata stream; a fold over their events. */
export interface StreamState {
  /** Revision of the last event, -1 before the first. */
  readonly last: number;
  /** The same for the metadata stream. */
  readonly lastMetadata: number;
  readonly metadata: StreamMetadata;
  /** Body of the last metadata event: a recreated stream keeps the keys of its users. */
  readonly metadataBody: { readonly isJson: boolean; readonly data: Buffer } | undefined;
  readonly tombstoned: boolean;
}

export const UNWRITTEN: StreamState = {
  last: -1,
  lastMetadata: -1,
  metadata: NO_METADATA,
  metadataBody: undefined,
  tombstoned: false,
};

type Written = Pick<RecordedEvent, 'stream' | 'revision' | 'isJson' | 'data'>;

export function evolveStream(state: StreamState, event: Written): StreamState {
  if (event.revision === TOMBSTONE_REVISION) return { ...state, tombstoned: true };
  if (!isMetastream(event.stream)) return { ...state, last: event.revision };
  return {
    ...state,
    lastMetadata: event.revision,
    metadata: parseMetadata(event.isJson, event.data),
    metadataBody: { isJson: event.isJson, data: event.data },
  };
}

export const isSoftDeleted = (state: StreamState): boolean => state.metadata.truncateBefore === Infinity;

/** One stream of the pair, as its readers and writers see it. */
export interface StreamView {
  readonly last: number;
  /** First revision that may be shown; above `last` when nothing may. */
  readonly first: number;
  /** Events created before this instant (ms since 1970) are too old to be shown. */
  readonly createdFrom: number;
  readonly tombstoned: boolean;
  readonly softDeleted: boolean;
  readonly hasMetadata: boolean;
}

const MILLIS = 1000;

/** `now` in ms since 1970, for `$maxAge`. */
export function viewOf(state: StreamState, stream: string, now: number): StreamView {
  if (isMetastream(stream)) {
    // A metadata stream keeps its last event only, as if it had $maxCount 1.
    const last = state.lastMetadata;
    const shared = { tombstoned: state.tombstoned, softDeleted: false, hasMetadata: false };
    return { last, first: Math.max(0, last), createdFrom: -Infinity, ...shared };
  }
  const { truncateBefore, maxCount, maxAgeSeconds } = state.metadata;
  return {
    last: state.last,
    first: Math.max(0, truncateBefore, state.last - maxCount + 1),
    createdFrom: now - maxAgeSeconds * MILLIS,
    tombstoned: state.tombstoned,
    softDeleted: isSoftDeleted(state),
    hasMetadata: state.lastMetadata >= 0,
  };
}
