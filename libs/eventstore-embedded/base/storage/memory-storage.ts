import type { StoredEvent } from '../engine/types';
import type { HeadRow, Storage } from './storage';

/** For specs and throw-away stores: nothing survives the process. */
export class MemoryStorage implements Storage {
  private readonly log: StoredEvent[] = [];
  private readonly streams = new Map<string, StoredEvent[]>();

  open(): Promise<{ lastPosition: number; lastTicks: string }> {
    const last = this.log[this.log.length - 1];
    return Promise.resolve({ lastPosition: last?.position ?? 0, lastTicks: last?.createdTicks ?? '0' });
  }

  append(events: readonly StoredEvent[]): Promise<void> {
    for (const event of events) {
      this.log.push(event);
      const known = this.streams.get(event.stream);
      if (known) known.push(event);
      else this.streams.set(event.stream, [event]);
    }
    return Promise.resolve();
  }

  heads(streams: readonly string[]): Promise<readonly HeadRow[]> {
    const rows: HeadRow[] = [];
    for (const stream of streams) {
      const known = this.streams.get(stream);
      const last = known?.[known.length - 1];
      if (last) rows.push({ stream, revision: last.revision, position: last.position });
    }
    return Promise.resolve(rows);
  }

  readStream(stream: string, from: number, limit: number, backwards: boolean): Promise<readonly StoredEvent[]> {
    const known = this.streams.get(stream) ?? [];
    const chosen = backwards
      ? known.filter(({ revision }) => revision <= from).reverse()
      : known.filter(({ revision }) => revision >= from);
    return Promise.resolve(chosen.slice(0, limit));
  }

  readAll(from: number, limit: number, backwards: boolean): Promise<readonly StoredEvent[]> {
    const start = this.lowerBound(from);
    if (!backwards) return Promise.resolve(this.log.slice(start, start + limit));
    return Promise.resolve(this.log.slice(Math.max(0, start - limit), start).reverse());
  }

  /** Index of the first record at or after the position. */
  private lowerBound(position: number): number {
    let low = 0;
    let high = this.log.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.log[middle]?.position ?? 0) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  recentIds(limit: number): Promise<readonly StoredEvent[]> {
    return Promise.resolve(this.log.slice(-limit));
  }

  onLost(): void {
    // Memory is never lost while the process lives.
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
