import { randomUUID } from 'node:crypto';
import { CommitOutcomeUnknown, StorageUnavailable, type Storage } from '../storage/storage';
import { Batch, type WriteRequest, type WriteResult } from './batch';
import { Heads } from './heads';
import { RecentIds } from './recent-ids';
import { TailCache } from './tail-cache';
import { EMPTY_HEAD, type StoredEvent, type StreamHead } from './types';
import { isMetadataStream, metadataStreamOf } from './metadata';

export interface EngineOptions {
  readonly storage: Storage;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** The process must end: what was promised can no longer be known. */
  readonly onFatal: (error: Error) => void;
  readonly recentIdsMax?: number;
  readonly headsMax?: number;
  readonly tailRecordsMax?: number;
  readonly tailBytesMax?: number;
}

export interface EngineStats {
  readonly lastPosition: number;
  readonly appended: number;
  readonly commits: number;
  readonly queued: number;
  readonly commitMsLast: number;
  readonly available: boolean;
}

interface Waiting {
  readonly request: WriteRequest;
  readonly bytes: number;
  resolve(result: WriteResult): void;
  reject(error: Error): void;
}

const BATCH_BYTES_MAX = 4 * 1024 * 1024;
const BATCH_REQUESTS_MAX = 1024;
/** Bytes that may wait for the writer; beyond it appends are refused as retryable. */
const QUEUE_BYTES_MAX = 64 * 1024 * 1024;

/**
 * One writer. Whatever waits together is judged together and committed together; no timer makes anyone wait.
 * Readers see a batch when it is committed, in position order.
 */
export class Engine {
  private readonly storage: Storage;
  private readonly heads: Heads;
  private readonly recentIds: RecentIds;
  private readonly tail: TailCache;
  private readonly listeners = new Set<() => void>();
  private queue: Waiting[] = [];
  private queuedBytes = 0;
  private running = false;
  private position = 0;
  private ticks = 0n;
  private dead: Error | undefined;
  private appended = 0;
  private commits = 0;
  private commitMsLast = 0;
  private available = true;

  constructor(private readonly options: EngineOptions) {
    this.storage = options.storage;
    this.heads = new Heads(this.storage, options.headsMax ?? 100_000);
    this.recentIds = new RecentIds(options.recentIdsMax ?? 100_000);
    this.tail = new TailCache(options.tailRecordsMax ?? 20_000, options.tailBytesMax ?? 48 * 1024 * 1024);
  }

  async open(): Promise<void> {
    const { lastPosition, lastTicks } = await this.storage.open();
    this.position = lastPosition;
    this.ticks = BigInt(lastTicks);
    for (const write of await this.storage.recentIds(this.options.recentIdsMax ?? 100_000)) {
      this.recentIds.add(write.stream, write.id, write.revision, write.position);
    }
    this.storage.onLost((error) => {
      if (!(error instanceof StorageUnavailable)) this.die(error);
    });
  }

  get lastPosition(): number {
    return this.position;
  }

  stats(): EngineStats {
    return {
      lastPosition: this.position,
      appended: this.appended,
      commits: this.commits,
      queued: this.queue.length,
      commitMsLast: this.commitMsLast,
      available: this.available && !this.dead,
    };
  }

  /** Resolves when the outcome is durable. Rejects with StorageUnavailable where nothing was written. */
  write(request: WriteRequest): Promise<WriteResult> {
    if (this.dead) return Promise.reject(this.dead);
    const bytes = request.events.reduce((sum, event) => sum + event.data.byteLength + event.metadata.byteLength, 128);
    if (this.queuedBytes + bytes > QUEUE_BYTES_MAX) {
      return Promise.reject(new StorageUnavailable('too many appends are waiting; try again shortly'));
    }
    return new Promise((resolve, reject) => {
      this.queue.push({ request, bytes, resolve, reject });
      this.queuedBytes += bytes;
      if (!this.running) {
        this.running = true;
        // One turn of the event loop, so that whatever arrived together is committed together.
        setImmediate(() => void this.drain());
      }
    });
  }

  private async drain(): Promise<void> {
    while (this.queue.length > 0 && !this.dead) {
      const waiting = this.nextBatch();
      try {
        await this.commit(waiting);
        this.available = true;
      } catch (error) {
        this.available = false;
        const failure = error instanceof Error ? error : new Error(String(error));
        if (failure instanceof CommitOutcomeUnknown || !(failure instanceof StorageUnavailable)) this.die(failure);
        for (const { reject } of waiting) reject(failure);
      }
    }
    this.running = false;
  }

  private nextBatch(): readonly Waiting[] {
    let count = 0;
    let bytes = 0;
    for (const { bytes: size } of this.queue) {
      if (count > 0 && (bytes + size > BATCH_BYTES_MAX || count >= BATCH_REQUESTS_MAX)) break;
      bytes += size;
      count += 1;
    }
    const batch = this.queue.slice(0, count);
    this.queue = this.queue.slice(count);
    this.queuedBytes -= bytes;
    return batch;
  }

  private async commit(waiting: readonly Waiting[]): Promise<void> {
    const streams = new Set<string>();
    for (const { request } of waiting) {
      streams.add(request.stream);
      streams.add(isMetadataStream(request.stream) ? request.stream.slice(2) : metadataStreamOf(request.stream));
    }
    const heads = await this.heads.load(streams);
    const batch = new Batch(
      {
        head: (stream) => heads.get(stream) ?? EMPTY_HEAD,
        recent: (stream, id) => this.recentIds.get(stream, id),
        stored: (stream, from, count) => this.storage.readStream(stream, from, count, false),
        newId: randomUUID,
      },
      this.position,
      this.nextTicks().toString(),
    );
    const results: WriteResult[] = [];
    for (const { request } of waiting) results.push(await batch.take(request));
    if (batch.records.length > 0) await this.store(batch);
    waiting.forEach(({ resolve }, index) => {
      const result = results[index];
      if (result) resolve(result);
    });
  }

  private async store(batch: Batch): Promise<void> {
    const began = performance.now();
    await this.storage.append(batch.records);
    this.commitMsLast = performance.now() - began;
    this.commits += 1;
    this.appended += batch.records.length;
    this.position = batch.lastPosition;
    for (const [stream, head] of batch.heads) this.heads.set(stream, head);
    for (const { stream, id, revision, position } of batch.records) this.recentIds.add(stream, id, revision, position);
    this.tail.push(batch.records);
    for (const wake of this.listeners) wake();
  }

  /** Time never goes backwards within the log. */
  private nextTicks(): bigint {
    const now = BigInt((this.options.now ?? Date.now)()) * 10_000n;
    this.ticks = now > this.ticks ? now : this.ticks;
    return this.ticks;
  }

  nowTicks(): bigint {
    return BigInt((this.options.now ?? Date.now)()) * 10_000n;
  }

  private die(error: Error): void {
    if (this.dead) return;
    this.dead = error;
    for (const { reject } of this.queue) reject(error);
    this.queue = [];
    this.options.onFatal(error);
  }

  head(stream: string): Promise<StreamHead> {
    return this.heads.one(stream);
  }

  readStream(stream: string, from: number, limit: number, backwards: boolean): Promise<readonly StoredEvent[]> {
    return this.storage.readStream(stream, from, limit, backwards);
  }

  /** Forwards from a position (inclusive) or backwards before it (exclusive). */
  async readAll(from: number, limit: number, backwards: boolean): Promise<readonly StoredEvent[]> {
    if (!backwards) {
      if (from > this.position) return [];
      const cached = this.tail.forwards(from, limit);
      if (cached) return cached;
    }
    return this.storage.readAll(from, limit, backwards);
  }

  /** Called after each commit. Returns how to stop. */
  onCommit(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.dead ??= new StorageUnavailable('the store is closing');
    while (this.running) await new Promise((resolve) => setImmediate(resolve));
    await this.storage.close();
  }
}
