import type { ExpectedRevision, Place } from './events';
import type { StreamView } from './stream-state';

/** An event that the stream already holds. */
export interface Stored extends Place {
  readonly id: string;
}

/** What is known of earlier writes to this stream. */
export interface History {
  /** Where the event with this id was written, as far back as the store remembers ids. */
  recent(id: string): Place | undefined;
  /** The event at a revision: undefined when there is none, 'unknown' when it must be read first. */
  at(revision: number): Stored | 'unknown' | undefined;
}

export type Verdict =
  | { readonly kind: 'append' }
  | { readonly kind: 'written-before'; readonly place: Place }
  | { readonly kind: 'wrong-version' }
  | { readonly kind: 'stream-deleted' }
  /** The ids of `count` events from revision `from` are needed to decide. */
  | { readonly kind: 'read-first'; readonly from: number; readonly count: number };

const APPEND: Verdict = { kind: 'append' };
const WRONG_VERSION: Verdict = { kind: 'wrong-version' };
const STREAM_DELETED: Verdict = { kind: 'stream-deleted' };

/** Revisions beyond the exact integers are beyond any stream too. */
const asNumber = (revision: bigint): number =>
  revision > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(revision);

/**
 * Whether an append may happen, had happened already, or must be refused: EventStoreDB's own rules, top down.
 * `ids` are those of the proposed events, in order.
 */
export function decideAppend(
  expected: ExpectedRevision,
  ids: readonly string[],
  stream: StreamView,
  history: History,
): Verdict {
  if (stream.tombstoned) return STREAM_DELETED;
  if (expected === 'stream_exists' && !existsFor(stream)) return WRONG_VERSION;
  if (expected === 'any' || expected === 'stream_exists') return decideByRecentIds(ids, history);
  const revision = expected === 'no_stream' ? -1 : asNumber(expected);
  if (revision === stream.last) return APPEND;
  if (revision > stream.last || ids.length === 0) return WRONG_VERSION;
  return decideByStoredIds(revision, ids, stream, history);
}

/** A stream exists for `stream_exists` when it was not deleted and has events, or at least metadata. */
const existsFor = (stream: StreamView): boolean => !stream.softDeleted && (stream.last >= 0 || stream.hasMetadata);

function decideByRecentIds(ids: readonly string[], history: History): Verdict {
  let place: Place | undefined;
  for (const [index, id] of ids.entries()) {
    const found = history.recent(id);
    if (!found) return index === 0 ? APPEND : WRONG_VERSION;
    place = found;
  }
  return place ? { kind: 'written-before', place } : APPEND;
}

function decideByStoredIds(revision: number, ids: readonly string[], stream: StreamView, history: History): Verdict {
  let place: Place | undefined;
  for (const [index, id] of ids.entries()) {
    const found = lookup(history, id, revision + 1 + index);
    if (found === 'unknown') return { kind: 'read-first', from: revision + 1, count: ids.length };
    if (!found) {
      // Nobody could know that a deleted stream has a past, so "no stream" is true for whoever says it.
      const recreates = index === 0 && revision === -1 && stream.softDeleted;
      return recreates ? APPEND : WRONG_VERSION;
    }
    place = found;
  }
  return place ? { kind: 'written-before', place } : WRONG_VERSION;
}

/** The place of this id if the stream holds it exactly at this revision. */
function lookup(history: History, id: string, revision: number): Place | 'unknown' | undefined {
  const recent = history.recent(id);
  if (recent?.revision === revision) return recent;
  const stored = history.at(revision);
  if (stored === undefined || stored === 'unknown') return stored;
  return stored.id === id ? stored : undefined;
}

/** Whether a stream may be deleted or tombstoned under this expectation. */
export function decideDelete(expected: ExpectedRevision, stream: StreamView, tombstone: boolean): Verdict {
  if (stream.tombstoned) return STREAM_DELETED;
  const unwritten = stream.last < 0 && !stream.hasMetadata;
  if (unwritten && !tombstone) return WRONG_VERSION;
  if (expected === 'any') return APPEND;
  if (expected === 'stream_exists') return existsFor(stream) ? APPEND : WRONG_VERSION;
  const revision = expected === 'no_stream' ? -1 : asNumber(expected);
  return revision === stream.last ? APPEND : WRONG_VERSION;
}
