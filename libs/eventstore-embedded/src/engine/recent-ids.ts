import type { Place } from './events';

/** NUL cannot occur in a stream name, so no two pairs share a key. */
const keyOf = (stream: string, id: string): string => `${id}\0${stream}`;

/**
 * Where the last events were written, by stream and id: at least `capacity` of them, at most twice as many.
 *
 * Two generations instead of a queue: when the young one is full it becomes the old one, and the former old one is
 * forgotten at once, which costs nothing for each event.
 */
export class RecentIds {
  private young = new Map<string, Place>();
  private old = new Map<string, Place>();

  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.young.size + this.old.size;
  }

  find(stream: string, id: string): Place | undefined {
    const key = keyOf(stream, id);
    return this.young.get(key) ?? this.old.get(key);
  }

  add(stream: string, id: string, { revision, position }: Place): void {
    this.young.set(keyOf(stream, id), { revision, position });
    if (this.young.size < this.capacity) return;
    this.old = this.young;
    this.young = new Map();
  }

  /** Takes back what a refused write had added. */
  remove(stream: string, id: string, place: Place): void {
    const key = keyOf(stream, id);
    for (const generation of [this.young, this.old]) {
      if (generation.get(key)?.position === place.position) generation.delete(key);
    }
  }
}
