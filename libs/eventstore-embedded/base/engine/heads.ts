import type { Storage } from '../storage/storage';
import { isMetadataStream, metadataStreamOf, parseMetadata } from './metadata';
import { EMPTY_HEAD, TOMBSTONE, type StreamHead } from './types';

/** Heads of the streams used lately; others are looked up, many at a time. */
export class Heads {
  private readonly known = new Map<string, StreamHead>();

  constructor(
    private readonly storage: Storage,
    private readonly sizeMax: number,
  ) {}

  get(stream: string): StreamHead | undefined {
    return this.known.get(stream);
  }

  set(stream: string, head: StreamHead): void {
    this.known.delete(stream);
    this.known.set(stream, head);
    if (this.known.size <= this.sizeMax) return;
    const oldest = this.known.keys().next();
    if (!oldest.done) this.known.delete(oldest.value);
  }

  clear(): void {
    this.known.clear();
  }

  async one(stream: string): Promise<StreamHead> {
    return this.known.get(stream) ?? (await this.load([stream])).get(stream) ?? EMPTY_HEAD;
  }

  /** Heads of all these streams, and of the streams that their metadata is about. */
  async load(streams: Iterable<string>): Promise<ReadonlyMap<string, StreamHead>> {
    const missing = new Set<string>();
    const heads = new Map<string, StreamHead>();
    for (const stream of streams) {
      const head = this.known.get(stream);
      if (head) heads.set(stream, head);
      else missing.add(stream);
    }
    if (missing.size === 0) return heads;
    const names = [...missing].flatMap((name) => (isMetadataStream(name) ? [name] : [name, metadataStreamOf(name)]));
    const rows = new Map((await this.storage.heads(names)).map((row) => [row.stream, row]));
    for (const stream of missing) {
      const row = rows.get(stream);
      const about = isMetadataStream(stream) ? undefined : rows.get(metadataStreamOf(stream));
      const metadata = about ? await this.readMetadata(about.stream, about.revision) : undefined;
      const base = row
        ? { revision: row.revision, tombstoned: row.revision === TOMBSTONE, position: row.position }
        : EMPTY_HEAD;
      const head = metadata ? { ...base, metadata } : base;
      this.set(stream, head);
      heads.set(stream, head);
    }
    return heads;
  }

  private async readMetadata(stream: string, revision: number): Promise<StreamHead['metadata']> {
    const [last] = await this.storage.readStream(stream, revision, 1, true);
    return last ? parseMetadata(last.data) : {};
  }
}
