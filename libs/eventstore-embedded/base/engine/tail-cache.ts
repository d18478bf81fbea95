import type { StoredEvent } from './types';

/** The newest records in memory, so that live readers never touch the disk. Bounded by count and bytes. */
export class TailCache {
  private records: StoredEvent[] = [];
  private start = 0;
  private bytes = 0;

  constructor(
    private readonly recordsMax: number,
    private readonly bytesMax: number,
  ) {}

  push(events: readonly StoredEvent[]): void {
    for (const event of events) {
      this.records.push(event);
      this.bytes += sizeOf(event);
    }
    while (this.records.length - this.start > this.recordsMax || this.bytes > this.bytesMax) {
      const oldest = this.records[this.start];
      if (!oldest) break;
      this.bytes -= sizeOf(oldest);
      this.start += 1;
    }
    if (this.start > this.recordsMax) {
      this.records = this.records.slice(this.start);
      this.start = 0;
    }
  }

  /** Records at or after `from`, or undefined where older ones may be missing. */
  forwards(from: number, limit: number): readonly StoredEvent[] | undefined {
    const first = this.records[this.start];
    if (!first || from < first.position) return undefined;
    let low = this.start;
    let high = this.records.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.records[middle]?.position ?? 0) < from) low = middle + 1;
      else high = middle;
    }
    return this.records.slice(low, low + limit);
  }

  clear(): void {
    this.records = [];
    this.start = 0;
    this.bytes = 0;
  }
}

const sizeOf = (event: StoredEvent): number => 200 + event.data.byteLength + event.metadata.byteLength;
