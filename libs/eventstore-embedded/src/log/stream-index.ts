import type { StreamState } from '../engine/stream-state';
import type { EventStorage } from '../storage/storage';

/** One stream with its metadata stream: as readers see it, and as it will be once the queue is written. */
export interface StreamEntry {
  readonly base: string;
  /** Durable and published. */
  committed: StreamState;
  /** Includes what was accepted and is not durable yet: the pre-index that appends are checked against. */
  accepted: StreamState;
  /** Writes that are accepted and not durable yet. While there are any the entry is not forgotten. */
  unflushed: number;
}

interface Loading {
  readonly base: string;
  readonly resolve: (entry: StreamEntry) => void;
  readonly reject: (error: unknown) => void;
}

/** Streams looked up by one statement. */
const LOAD_BATCH_MAX = 500;

/**
 * States of the streams in use, loaded when first asked for, forgotten when long unused: at least `capacity` of them
 * and at most twice as many stay in memory, besides those with writes under way.
 */
export class StreamIndex {
  private young = new Map<string, StreamEntry>();
  private old = new Map<string, StreamEntry>();
  private readonly loading = new Map<string, Promise<StreamEntry>>();
  private wanted: Loading[] = [];

  constructor(
    private readonly storage: EventStorage,
    private readonly capacity: number,
  ) {}

  get size(): number {
    return this.young.size + this.old.size;
  }

  /** The entry, if it is in memory. `base` is the name of a stream that is not a metadata stream. */
  peek(base: string): StreamEntry | undefined {
    const entry = this.young.get(base);
    if (entry) return entry;
    const aged = this.old.get(base);
    if (aged) {
      this.old.delete(base);
      this.keep(aged);
    }
    return aged;
  }

  /** The entry, from storage if need be. Lookups that wait together share a statement. */
  load(base: string): Promise<StreamEntry> {
    const entry = this.peek(base);
    if (entry) return Promise.resolve(entry);
    const under = this.loading.get(base);
    if (under) return under;
    const promise = new Promise<StreamEntry>((resolve, reject) => {
      this.wanted.push({ base, resolve, reject });
      if (this.wanted.length === 1) queueMicrotask(() => void this.loadWanted());
    });
    this.loading.set(base, promise);
    return promise;
  }

  private async loadWanted(): Promise<void> {
    const batch = this.wanted.splice(0, LOAD_BATCH_MAX);
    if (this.wanted.length > 0) queueMicrotask(() => void this.loadWanted());
    try {
      const states = await this.storage.readStates(batch.map(({ base }) => base));
      for (const [index, { base, resolve }] of batch.entries()) {
        const state = states[index];
        if (!state) throw new Error(`the storage told nothing of stream ${base}`);
        const entry: StreamEntry = { base, committed: state, accepted: state, unflushed: 0 };
        this.loading.delete(base);
        this.keep(entry);
        resolve(entry);
      }
    } catch (error) {
      for (const { base, reject } of batch) {
        this.loading.delete(base);
        reject(error);
      }
    }
  }

  private keep(entry: StreamEntry): void {
    this.young.set(entry.base, entry);
    if (this.young.size < this.capacity) return;
    const forgotten = this.old;
    this.old = this.young;
    this.young = new Map();
    for (const aged of forgotten.values()) if (aged.unflushed > 0) this.young.set(aged.base, aged);
  }
}
