import { decideAppend, decideDelete, type History, type Stored } from '../engine/consistency';
import {
  METADATA_TYPE,
  recordLength,
  sizeOf,
  TOMBSTONE_REVISION,
  TOMBSTONE_TYPE,
  type ExpectedRevision,
  type Place,
  type ProposedEvent,
  type RecordedEvent,
} from '../engine/events';
import type { RecentIds } from '../engine/recent-ids';
import { DELETED_METADATA, recreatedMetadata } from '../engine/stream-metadata';
import { baseOf, metastreamOf } from '../engine/stream-names';
import { evolveStream, isSoftDeleted, viewOf, type StreamState } from '../engine/stream-state';
import type { EventStorage, Tail } from '../storage/storage';
import type { GroupCommit, Write } from './group-commit';
import type { StreamEntry, StreamIndex } from './stream-index';

export interface AppendRequest {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly ProposedEvent[];
}

export type AppendAnswer =
  /** `position` is undefined when there was nothing to write; `revision` is -1 when the stream has no event. */
  | { readonly kind: 'written'; readonly revision: number; readonly position: number | undefined }
  /** `current` is -1 when the stream has no event. */
  | { readonly kind: 'wrong-version'; readonly current: number }
  | { readonly kind: 'stream-deleted' };

export interface AppenderParts {
  readonly storage: EventStorage;
  readonly index: StreamIndex;
  readonly commits: GroupCommit;
  readonly recentIds: RecentIds;
  readonly now: () => number;
  readonly newId: () => string;
}

const NO_BYTES = Buffer.alloc(0);
const TOMBSTONE_BODY = Buffer.from('{}');
const RECENT_IDS_WARMED = 100_000;

/** Checks appends against the pre-index, gives them their place in the log, and hands them to the group commit. */
export class Appender {
  private warming: Promise<void> | undefined;
  private warm = false;

  constructor(
    private readonly parts: AppenderParts,
    /** End of the accepted log; falls back to the published end when writes are refused. */
    private accepted: Tail,
  ) {}

  append(request: AppendRequest): Promise<AppendAnswer> {
    const byId = typeof request.expected !== 'bigint' && request.expected !== 'no_stream';
    if (byId && !this.warm) return this.warmIds().then(() => this.append(request));
    const base = baseOf(request.stream);
    const entry = this.parts.index.peek(base);
    if (entry) return this.decide(request, entry);
    return this.parts.index.load(base).then((loaded) => this.decide(request, loaded));
  }

  /** Ends a stream until something is written to it again. */
  async delete(stream: string, expected: ExpectedRevision): Promise<AppendAnswer> {
    const entry = await this.parts.index.load(stream);
    const refusal = refuseDelete(entry, expected, false);
    if (refusal) return this.whenDurable(entry, refusal);
    const event = this.systemEvent(METADATA_TYPE, DELETED_METADATA);
    return this.enqueueOne(entry, this.record(metastreamOf(stream), entry.accepted.lastMetadata + 1, event));
  }

  /** Ends a stream for ever. */
  async tombstone(stream: string, expected: ExpectedRevision): Promise<AppendAnswer> {
    const entry = await this.parts.index.load(stream);
    const refusal = refuseDelete(entry, expected, true);
    if (refusal) return this.whenDurable(entry, refusal);
    const event = this.systemEvent(TOMBSTONE_TYPE, TOMBSTONE_BODY);
    return this.enqueueOne(entry, this.record(stream, TOMBSTONE_REVISION, event));
  }

  /** Everything after the published end was taken back. */
  rewind(published: Tail): void {
    this.accepted = published;
  }

  /** Reads the ids of the last events, without which a repeated append with `any` could not be told from a new one. */
  async warmIds(): Promise<void> {
    this.warming ??= this.readRecentIds().finally(() => (this.warming = undefined));
    await this.warming;
  }

  private async readRecentIds(): Promise<void> {
    if (this.warm) return;
    const events = await this.parts.storage.recentEvents(RECENT_IDS_WARMED);
    for (const event of events) this.parts.recentIds.add(event.stream, event.id, event);
    this.warm = true;
  }

  private decide(
    request: AppendRequest,
    entry: StreamEntry,
    stored?: ReadonlyMap<number, Stored>,
  ): Promise<AppendAnswer> {
    const { stream, expected, events } = request;
    const view = viewOf(entry.accepted, stream, 0);
    const ids = events.map((event) => event.id);
    const verdict = decideAppend(expected, ids, view, this.historyOf(stream, entry, stored));
    switch (verdict.kind) {
      case 'append':
        return events.length === 0 ? this.whenDurable(entry, present(view.last)) : this.accept(request, entry);
      case 'written-before':
        return this.whenDurable(entry, { kind: 'written', ...placeOf(verdict.place) });
      case 'wrong-version':
        return this.whenDurable(entry, { kind: 'wrong-version', current: view.last });
      case 'stream-deleted':
        return this.whenDurable(entry, verdict);
      case 'read-first':
        return this.decideAfterReading(request, verdict.from, verdict.count);
    }
  }

  private historyOf(stream: string, entry: StreamEntry, stored?: ReadonlyMap<number, Stored>): History {
    const durable = viewOf(entry.committed, stream, 0).last;
    return {
      recent: (id) => this.parts.recentIds.find(stream, id),
      // What is not durable yet is among the recent ids for certain, so it need not be read, and cannot be.
      at: (revision) => (revision > durable ? undefined : stored ? stored.get(revision) : 'unknown'),
    };
  }

  private async decideAfterReading(request: AppendRequest, from: number, count: number): Promise<AppendAnswer> {
    const { stream } = request;
    const stored = new Map<number, Stored>();
    const last = from + count - 1;
    for (let first = from; first <= last;) {
      const range = { stream, direction: 'forwards', first, last, createdFrom: -Infinity, limit: count } as const;
      const page = await this.parts.storage.readStream(range);
      for (const event of page) stored.set(event.revision, event);
      const end = page.at(-1);
      if (!end) break;
      first = end.revision + 1;
    }
    return this.decide(request, await this.parts.index.load(baseOf(stream)), stored);
  }

  private accept({ stream, events }: AppendRequest, entry: StreamEntry): Promise<AppendAnswer> {
    const recreated = isSoftDeleted(entry.accepted);
    const first = viewOf(entry.accepted, stream, 0).last + 1;
    const records: RecordedEvent[] = events.map((event, index) => this.record(stream, first + index, event));
    const last = records.at(-1);
    const place = { revision: last?.revision ?? -1, position: last?.position ?? 0 };
    let state = records.reduce(evolveStream, entry.accepted);
    if (recreated) {
      const revival = this.revival(entry, state);
      records.push(revival);
      state = evolveStream(state, revival);
    }
    return this.enqueue(entry, { records, state, place });
  }

  /** The metadata event that makes a deleted stream visible from the first event after its deletion. */
  private revival({ base, accepted }: StreamEntry, after: StreamState): RecordedEvent {
    const { isJson, data } = after.metadataBody ?? { isJson: false, data: NO_BYTES };
    const body = recreatedMetadata(isJson, data, accepted.last + 1);
    return this.record(metastreamOf(base), after.lastMetadata + 1, this.systemEvent(METADATA_TYPE, body));
  }

  private systemEvent(type: string, data: Buffer): ProposedEvent {
    return { id: this.parts.newId(), type, isJson: true, data, metadata: NO_BYTES };
  }

  private enqueueOne(entry: StreamEntry, record: RecordedEvent): Promise<AppendAnswer> {
    return this.enqueue(entry, { records: [record], state: evolveStream(entry.accepted, record), place: record });
  }

  private record(stream: string, revision: number, event: ProposedEvent): RecordedEvent {
    const created = Math.max(this.parts.now(), this.accepted.created);
    const position = this.accepted.position + recordLength(stream, event);
    this.accepted = { position, created };
    const { id, type, isJson, data, metadata } = event;
    return { stream, revision, position, created, id, type, isJson, data, metadata };
  }

  private enqueue(
    entry: StreamEntry,
    { records, state, place }: { records: RecordedEvent[]; state: StreamState; place: Place },
  ): Promise<AppendAnswer> {
    const { commits, recentIds } = this.parts;
    entry.accepted = state;
    entry.unflushed += 1;
    for (const record of records) recentIds.add(record.stream, record.id, record);
    return new Promise((resolve, reject) => {
      const write: Write = {
        events: records,
        bytes: records.reduce((sum, record) => sum + sizeOf(record), 0),
        committed: () => {
          entry.committed = state;
          entry.unflushed -= 1;
          resolve({ kind: 'written', revision: place.revision, position: place.position });
        },
        refused: (error) => {
          entry.accepted = entry.committed;
          entry.unflushed -= 1;
          for (const record of records) recentIds.remove(record.stream, record.id, record);
          reject(error);
        },
      };
      commits.add(write);
    });
  }

  /**
   * An answer that rests on writes which may still be under way waits for them, a refusal too: nobody may learn of an
   * event that a crash could still undo.
   */
  private whenDurable(entry: StreamEntry, answer: AppendAnswer): Promise<AppendAnswer> {
    if (entry.unflushed === 0) return Promise.resolve(answer);
    return new Promise((resolve, reject) => {
      this.parts.commits.add({ events: [], bytes: 0, committed: () => resolve(answer), refused: reject });
    });
  }
}

const placeOf = ({ revision, position }: Place): Place => ({ revision, position });
const present = (revision: number): AppendAnswer => ({ kind: 'written', revision, position: undefined });

function refuseDelete(entry: StreamEntry, expected: ExpectedRevision, tombstone: boolean): AppendAnswer | undefined {
  const view = viewOf(entry.accepted, entry.base, 0);
  const { kind } = decideDelete(expected, view, tombstone);
  if (kind === 'append') return undefined;
  return kind === 'stream-deleted' ? { kind } : { kind: 'wrong-version', current: view.last };
}
