import type { StoredEvent } from '../engine/types';

/** The store lost its database for now: nothing was written, try again later. */
export class StorageUnavailable extends Error {
  override readonly name = 'StorageUnavailable';
}

/** A commit was sent and its fate is unknown: the process must end, and clients repeat with the same ids. */
export class CommitOutcomeUnknown extends Error {
  override readonly name = 'CommitOutcomeUnknown';
}

export interface HeadRow {
  readonly stream: string;
  readonly revision: number;
  readonly position: number;
}

/** Durable records, in order. One writer at a time; readers never see a later record before an earlier one. */
export interface Storage {
  /** Takes the writer's lock or throws; returns the tail of the log. */
  open(): Promise<{ readonly lastPosition: number; readonly lastTicks: string }>;
  /** All or nothing, durable when it resolves. */
  append(events: readonly StoredEvent[]): Promise<void>;
  /** Last record of each stream that exists. */
  heads(streams: readonly string[]): Promise<readonly HeadRow[]>;
  /** Records of a stream by revision: from inclusive, ascending or descending. */
  readStream(stream: string, from: number, limit: number, backwards: boolean): Promise<readonly StoredEvent[]>;
  /** Records by position: forwards after `from` (inclusive), backwards before it (exclusive). */
  readAll(from: number, limit: number, backwards: boolean): Promise<readonly StoredEvent[]>;
  /** The newest `limit` writes, for the recent-id index. */
  recentIds(
    limit: number,
  ): Promise<
    readonly { readonly stream: string; readonly id: string; readonly revision: number; readonly position: number }[]
  >;
  /** Called when the writer's lock is lost. */
  onLost(callback: (error: Error) => void): void;
  close(): Promise<void>;
}
