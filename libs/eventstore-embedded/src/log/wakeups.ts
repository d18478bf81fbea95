import type { RecordedEvent } from '../engine/events';

type Wake = () => void;

/** Readers that reached the end and wait for more: of the whole log, or of one stream. Each is woken once. */
export class Wakeups {
  private all = new Set<Wake>();
  private readonly streams = new Map<string, Set<Wake>>();

  get size(): number {
    let count = this.all.size;
    for (const waiting of this.streams.values()) count += waiting.size;
    return count;
  }

  /** Calls `wake` at the next event, of that stream if one is named. The returned function gives up waiting. */
  wait(stream: string | undefined, wake: Wake): () => void {
    if (stream === undefined) {
      this.all.add(wake);
      return () => this.all.delete(wake);
    }
    const waiting = this.streams.get(stream) ?? new Set();
    this.streams.set(stream, waiting.add(wake));
    return () => {
      waiting.delete(wake);
      if (waiting.size === 0 && this.streams.get(stream) === waiting) this.streams.delete(stream);
    };
  }

  notify(events: readonly RecordedEvent[]): void {
    if (this.streams.size > 0) for (const { stream } of events) this.wakeStream(stream);
    if (this.all.size === 0) return;
    const waiting = this.all;
    this.all = new Set();
    for (const wake of waiting) wake();
  }

  private wakeStream(stream: string): void {
    const waiting = this.streams.get(stream);
    if (!waiting) return;
    this.streams.delete(stream);
    for (const wake of waiting) wake();
  }
}
