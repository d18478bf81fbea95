import { LruMap } from './lru-map';

const CACHED_STREAMS_MAX = 10_000;

/** A stream as far as it was folded. */
export interface Cached<S> {
  readonly state: S;
  /** -1: no stream yet. */
  readonly revision: bigint;
  /** Position of the last event folded; -1 where there is none. */
  readonly position: bigint;
}

interface Entry {
  readonly cached: Cached<unknown>;
  /** The newest event that is known to be in the log; folded where it is not above the revision. */
  readonly heard: bigint;
}

/** What this process knows of streams, and whether more is known to have happened to them. */
export class StreamCache {
  private readonly entries = new LruMap<string, Entry>(CACHED_STREAMS_MAX);
  private generation = 0;

  get<S>(stream: string): Cached<S> | undefined {
    return this.entries.get(stream)?.cached as Cached<S> | undefined;
  }

  /** True where an event was heard that is not folded. */
  isBehind(stream: string): boolean {
    const entry = this.entries.get(stream);
    return entry !== undefined && entry.heard > entry.cached.revision;
  }

  set(stream: string, cached: Cached<unknown>): void {
    this.entries.set(stream, { cached, heard: this.entries.get(stream)?.heard ?? -1n });
  }

  /** Keeps what a read found, unless something newer is known: hand over what `reading` gave before it. */
  setRead(stream: string, cached: Cached<unknown>, begun: number): void {
    const newest = this.get(stream);
    if (newest ? newest.revision <= cached.revision : begun === this.generation) this.set(stream, cached);
  }

  /** Taken before a read, because what happens meanwhile may make it too old to be kept. */
  reading(): number {
    return this.generation;
  }

  /** An event is in the log, whoever appended it. */
  heard(stream: string, revision: bigint): void {
    const entry = this.entries.get(stream);
    if (!entry) this.generation += 1;
    else if (entry.heard < revision) this.entries.set(stream, { ...entry, heard: revision });
  }

  delete(stream: string): void {
    this.entries.delete(stream);
  }

  clear(): void {
    this.generation += 1;
    this.entries.clear();
  }
}
