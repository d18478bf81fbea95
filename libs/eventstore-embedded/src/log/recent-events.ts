import { recordLength, type RecordedEvent } from '../engine/events';
import { Deque } from './deque';

export interface RecentEventsLimits {
  readonly bytes: number;
  readonly events: number;
}

/** What an event costs in memory besides its bytes: object, buffers, strings. */
const OVERHEAD_BYTES = 512;

const costOf = (event: RecordedEvent): number => recordLength(event.stream, event) + OVERHEAD_BYTES;

/**
 * The end of the log in memory, bounded in bytes and in events, so that whoever is live never touches the disk.
 *
 * It is whole from `floor` on: every published event after that position is here.
 */
export class RecentEvents {
  private readonly all = new Deque<RecordedEvent>();
  private readonly streams = new Map<string, Deque<RecordedEvent>>();
  private bytes = 0;

  constructor(
    public floor: number,
    private readonly limits: RecentEventsLimits,
  ) {}

  add(event: RecordedEvent): void {
    this.all.push(event);
    const stream = this.streams.get(event.stream);
    if (stream) stream.push(event);
    else this.streams.set(event.stream, singleton(event));
    this.bytes += costOf(event);
    while (this.bytes > this.limits.bytes || this.all.length > this.limits.events) this.forgetOldest();
  }

  private forgetOldest(): void {
    const oldest = this.all.shift();
    if (!oldest) return;
    this.floor = oldest.position;
    this.bytes -= costOf(oldest);
    const stream = this.streams.get(oldest.stream);
    stream?.shift();
    if (stream?.length === 0) this.streams.delete(oldest.stream);
  }

  /** Events after a position, or undefined when some of them are only on disk. */
  after(position: number, limit: number): RecordedEvent[] | undefined {
    if (position < this.floor) return undefined;
    const from = this.all.findFirst((event) => event.position > position);
    return this.all.slice(from, from + limit);
  }

  /** Events of a stream from a revision on, or undefined when the first of them is only on disk. */
  ofStream(stream: string, revision: number, limit: number): RecordedEvent[] | undefined {
    const events = this.streams.get(stream);
    const first = events?.at(0);
    if (!events || !first || revision < first.revision) return undefined;
    const from = events.findFirst((event) => event.revision >= revision);
    return events.slice(from, from + limit);
  }

  /** One event, if it is here. */
  find(stream: string, revision: number): RecordedEvent | undefined {
    const [event] = this.ofStream(stream, revision, 1) ?? [];
    return event?.revision === revision ? event : undefined;
  }
}

function singleton(event: RecordedEvent): Deque<RecordedEvent> {
  const deque = new Deque<RecordedEvent>();
  deque.push(event);
  return deque;
}
