import type { RecordedEvent } from '../engine/events';
import { metastreamOf } from '../engine/stream-names';
import { evolveStream, UNWRITTEN, type StreamState } from '../engine/stream-state';
import type { AllPage, Direction, EventStorage, RecentEvent, StreamPage, Tail } from './storage';

/** Keeps everything in this process and forgets it with the process: for tests and simulations. */
export class MemoryStorage implements EventStorage {
  readonly available = true;
  private readonly log: RecordedEvent[] = [];
  private readonly streams = new Map<string, RecordedEvent[]>();

  async open(): Promise<Tail> {
    const last = this.log.at(-1);
    return { position: last?.position ?? 0, created: last?.created ?? 0 };
  }

  async append(events: readonly RecordedEvent[]): Promise<void> {
    for (const event of events) {
      this.log.push(event);
      const stream = this.streams.get(event.stream);
      if (stream) stream.push(event);
      else this.streams.set(event.stream, [event]);
    }
  }

  async readAll({ direction, after, before, limit }: AllPage): Promise<RecordedEvent[]> {
    const from = firstOf(this.log, (event) => event.position > after);
    const to = firstOf(this.log, (event) => event.position >= before);
    return pageOf(this.log, { from, to, direction, limit });
  }

  async readStream({ stream, direction, first, last, createdFrom, limit }: StreamPage): Promise<RecordedEvent[]> {
    const events = this.streams.get(stream) ?? [];
    const from = firstOf(events, (event) => event.revision >= first && event.created >= createdFrom);
    const to = firstOf(events, (event) => event.revision > last);
    return pageOf(events, { from, to, direction, limit });
  }

  async readStates(streams: readonly string[]): Promise<StreamState[]> {
    return streams.map((stream) =>
      [stream, metastreamOf(stream)].flatMap((name) => this.streams.get(name) ?? []).reduce(evolveStream, UNWRITTEN),
    );
  }

  async recentEvents(limit: number): Promise<RecentEvent[]> {
    return this.log.slice(-limit);
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }
}

/** Index of the first event for which the condition holds; it must hold for all events after that one. */
function firstOf(events: readonly RecordedEvent[], holds: (event: RecordedEvent) => boolean): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const event = events[middle];
    if (event && holds(event)) high = middle;
    else low = middle + 1;
  }
  return low;
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly direction: Direction;
  readonly limit: number;
}

function pageOf(events: readonly RecordedEvent[], { from, to, direction, limit }: Span): RecordedEvent[] {
  if (direction === 'forwards') return events.slice(from, Math.min(to, from + limit));
  return events.slice(Math.max(from, to - limit), Math.max(from, to)).reverse();
}
