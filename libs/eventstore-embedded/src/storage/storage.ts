import type { Place, RecordedEvent } from '../engine/events';
import type { StreamState } from '../engine/stream-state';

/** The end of the log: what the next event must come after. */
export interface Tail {
  /** 0 when the log is empty. */
  readonly position: number;
  readonly created: number;
}

export type Direction = 'forwards' | 'backwards';

/** A page of the whole log: positions strictly between the bounds, in the direction. */
export interface AllPage {
  readonly direction: Direction;
  readonly after: number;
  readonly before: number;
  readonly limit: number;
}

/** A page of one stream: revisions from `first` to `last`, both included, in the direction. */
export interface StreamPage {
  readonly stream: string;
  readonly direction: Direction;
  readonly first: number;
  readonly last: number;
  /** Events created before this instant (ms since 1970) are left out. */
  readonly createdFrom: number;
  readonly limit: number;
}

export interface RecentEvent extends Place {
  readonly id: string;
  readonly stream: string;
}

/**
 * Where events are kept. One process writes, and only one batch at a time.
 *
 * A page holds at most `limit` events and may hold fewer, since its bytes are bounded too; it is empty only when there
 * is nothing more between the bounds.
 */
export interface EventStorage {
  /** Becomes the only writer, or throws; then tells where the log ends. */
  open(): Promise<Tail>;
  /**
   * Writes the batch as a whole. Resolves when it is durable. Throws AppendRefused when nothing of it is or ever will
   * be there, OutcomeUnknown when that cannot be known.
   */
  append(events: readonly RecordedEvent[]): Promise<void>;
  readAll(page: AllPage): Promise<RecordedEvent[]>;
  readStream(page: StreamPage): Promise<RecordedEvent[]>;
  /** State of the streams and their metadata streams; the names are those of base streams. */
  readStates(streams: readonly string[]): Promise<StreamState[]>;
  /** Ids of the last events, the oldest first. */
  recentEvents(limit: number): Promise<RecentEvent[]>;
  /** Is the storage reachable at the moment? */
  readonly available: boolean;
  close(): Promise<void>;
}

/** Nothing was written, and the same append may succeed later. */
export class AppendRefused extends Error {
  override readonly name = 'AppendRefused';
}

/** The storage cannot be read at the moment. */
export class ReadRefused extends Error {
  override readonly name = 'ReadRefused';
}

/** It cannot be known whether the batch was written: whoever goes on could contradict the log. */
export class OutcomeUnknown extends Error {
  override readonly name = 'OutcomeUnknown';
}
