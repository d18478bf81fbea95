import { idsNeeded, judge } from './consistency';
import {
  DELETED_TYPE,
  DELETE_METADATA,
  METADATA_TYPE,
  isMetadataStream,
  metadataStreamOf,
  parseMetadata,
} from './metadata';
import {
  EMPTY_HEAD,
  TOMBSTONE,
  isDeleted,
  type Expected,
  type KnownWrite,
  type ProposedEvent,
  type StoredEvent,
  type StreamHead,
} from './types';

export interface WriteRequest {
  readonly kind: 'append' | 'delete' | 'tombstone';
  readonly stream: string;
  readonly expected: Expected;
  readonly events: readonly ProposedEvent[];
}

export type WriteResult =
  | { readonly kind: 'written'; readonly revision: number; readonly position: number }
  | { readonly kind: 'wrong-version'; readonly current: number }
  | { readonly kind: 'deleted'; readonly stream: string };

/** What a batch is judged against: heads as committed, ids lately written, ids stored long ago. */
export interface BatchContext {
  head(stream: string): StreamHead;
  recent(stream: string, id: string): KnownWrite | undefined;
  /** Committed ids at revisions of a stream. */
  stored(stream: string, from: number, count: number): Promise<readonly StoredEvent[]>;
  newId(): string;
}

const RECORD_OVERHEAD = 64;
const NO_BYTES = new Uint8Array(0);

/**
 * Requests that waited together, judged one after another against the pre-index: what is committed, and what this batch
 * has accepted so far. Nothing here is durable until the batch is.
 */
export class Batch {
  readonly records: StoredEvent[] = [];
  readonly heads = new Map<string, StreamHead>();
  private readonly ids = new Map<string, KnownWrite>();
  bytes = 0;

  constructor(
    private readonly context: BatchContext,
    private position: number,
    private readonly ticks: string,
  ) {}

  get lastPosition(): number {
    return this.position;
  }

  async take(request: WriteRequest): Promise<WriteResult> {
    const { stream, expected } = request;
    const gone = this.tombstoneOf(stream);
    if (gone !== undefined) return { kind: 'deleted', stream: gone };
    const head = this.head(stream);
    const ids = request.kind === 'append' ? request.events.map(({ id }) => id) : [];
    const needed = idsNeeded(expected, head, ids.length);
    const stored = needed ? await this.storedIds(stream, needed.from, needed.count) : [];
    const verdict = judge(stream, expected, ids, head, {
      recent: (id) => this.ids.get(`${id}${stream}`) ?? this.context.recent(stream, id),
      stored: () => stored,
    });
    switch (verdict.kind) {
      case 'append':
        return this.write(request, head);
      case 'idempotent':
        return { kind: 'written', revision: verdict.revision, position: verdict.position };
      default:
        return verdict;
    }
  }

  private head(stream: string): StreamHead {
    return this.heads.get(stream) ?? this.context.head(stream);
  }

  /** Writing metadata of a tombstoned stream is writing to a dead name too. */
  private tombstoneOf(stream: string): string | undefined {
    if (this.head(stream).tombstoned) return stream;
    const about = isMetadataStream(stream) ? stream.slice(2) : undefined;
    return about !== undefined && this.head(about).tombstoned ? about : undefined;
  }

  private async storedIds(stream: string, from: number, count: number): Promise<readonly StoredEvent[]> {
    const committed = await this.context.stored(stream, from, count);
    const here = this.records.filter((record) => record.stream === stream && record.revision >= from);
    return [...committed, ...here].slice(0, count);
  }

  private write(request: WriteRequest, head: StreamHead): WriteResult {
    if (request.kind === 'delete') return this.softDelete(request, head);
    if (request.kind === 'tombstone') {
      const position = this.store(request.stream, TOMBSTONE, systemEvent(this.context.newId(), DELETED_TYPE));
      this.heads.set(request.stream, { ...this.head(request.stream), revision: TOMBSTONE, tombstoned: true, position });
      return { kind: 'written', revision: TOMBSTONE, position };
    }
    if (request.events.length === 0) return { kind: 'written', revision: head.revision, position: head.position };
    const first = head.revision + 1;
    const written = this.appendAll(request.stream, request.events);
    if (isDeleted(head)) this.revive(request.stream, first);
    if (isMetadataStream(request.stream)) this.applyMetadata(request.stream.slice(2), request.events);
    return { kind: 'written', ...written };
  }

  private softDelete(request: WriteRequest, head: StreamHead): WriteResult {
    if (head.revision < 0 && head.metadata === undefined) return { kind: 'wrong-version', current: -1 };
    const event = { ...systemEvent(this.context.newId(), METADATA_TYPE), json: true, data: DELETE_METADATA };
    const written = this.appendAll(metadataStreamOf(request.stream), [event]);
    this.setMetadata(request.stream, event.data);
    return { kind: 'written', ...written };
  }

  /** The first append after a soft delete goes on where the stream was, and hides what was before. */
  private revive(stream: string, truncateBefore: number): void {
    const data = Buffer.from(JSON.stringify({ $tb: truncateBefore }));
    this.appendAll(metadataStreamOf(stream), [
      { ...systemEvent(this.context.newId(), METADATA_TYPE), json: true, data },
    ]);
    this.setMetadata(stream, data);
  }

  /** Metadata written to a deleted stream revives it: what was deleted stays hidden. */
  private applyMetadata(stream: string, events: readonly ProposedEvent[]): void {
    const last = events[events.length - 1];
    if (!last) return;
    const before = this.head(stream);
    const wasDeleted = isDeleted(before);
    this.setMetadata(stream, last.data);
    const now = this.head(stream);
    if (!wasDeleted || isDeleted(now) || now.metadata?.truncateBefore !== undefined || before.revision < 0) return;
    const data = mergeTruncate(last.data, before.revision + 1);
    this.appendAll(metadataStreamOf(stream), [
      { ...systemEvent(this.context.newId(), METADATA_TYPE), json: true, data },
    ]);
    this.setMetadata(stream, data);
  }

  private setMetadata(stream: string, data: Uint8Array): void {
    this.heads.set(stream, { ...this.head(stream), metadata: parseMetadata(data) });
  }

  private appendAll(stream: string, events: readonly ProposedEvent[]): KnownWrite {
    const head = this.head(stream);
    let { revision, position } = head;
    for (const event of events) {
      revision += 1;
      position = this.store(stream, revision, event);
    }
    this.heads.set(stream, { ...head, revision, position });
    return { revision, position };
  }

  /** Positions are sparse on purpose, as byte offsets are: nobody may count on their differences. */
  private store(stream: string, revision: number, event: ProposedEvent): number {
    const size = RECORD_OVERHEAD + event.data.byteLength + event.metadata.byteLength + stream.length;
    this.position += size;
    this.bytes += size;
    const record: StoredEvent = {
      id: event.id,
      type: event.type,
      json: event.json,
      metadata: event.metadata,
      data: event.data,
      position: this.position,
      stream,
      revision,
      createdTicks: this.ticks,
    };
    this.records.push(record);
    this.ids.set(`${event.id}${stream}`, { revision, position: this.position });
    return this.position;
  }
}

const systemEvent = (id: string, type: string): ProposedEvent => ({
  id,
  type,
  json: true,
  metadata: NO_BYTES,
  data: Buffer.from('{}'),
});

function mergeTruncate(data: Uint8Array, truncateBefore: number): Buffer {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(data).toString('utf8'));
  } catch {
    value = {};
  }
  const members = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  return Buffer.from(JSON.stringify({ ...members, $tb: truncateBefore }));
}

export { EMPTY_HEAD };
