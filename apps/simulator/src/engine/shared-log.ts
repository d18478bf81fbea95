import { createHash } from 'node:crypto';
import type { Clock, Recorded } from '@solyx/kernel';
import {
  EventLog,
  matchesPrefix,
  type Appended,
  type ExpectedRevision,
  type NewEvent,
  type ReadAllOptions,
  type Subscription,
} from '@solyx/eventing';
import { MemoryEventLog } from '@solyx/testing';

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const member of Object.values(value)) freeze(member);
}

/**
 * The one store of the plane: the rules of the log in memory, and every event read back once, as a store gives it back.
 * Readers share it, so it is frozen: who changes what it read breaks here and not in another reader.
 */
export class SharedLog extends EventLog {
  readonly events: Recorded[] = [];
  private readonly times: number[] = [];
  private readonly streams = new Map<string, Recorded[]>();
  private readonly memory: MemoryEventLog;
  private readonly listeners: ((event: Recorded) => void)[] = [];

  constructor(private readonly clock: Clock) {
    super();
    this.memory = new MemoryEventLog(clock);
  }

  /** Told of each event right after it was recorded; must not throw. */
  onRecorded(listener: (event: Recorded) => void): void {
    this.listeners.push(listener);
  }

  appendNow(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Appended {
    const appended = this.memory.appendNow(stream, events, expected);
    for (const event of this.memory.recordedAfter(this.events[this.events.length - 1]?.position ?? -1n)) {
      freeze(event);
      this.events.push(event);
      this.times.push(this.clock.now());
      const known = this.streams.get(event.stream);
      if (known) known.push(event);
      else this.streams.set(event.stream, [event]);
      for (const listener of this.listeners) listener(event);
    }
    return appended;
  }

  override async append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended> {
    return this.appendNow(stream, events, expected);
  }

  streamNow(stream: string): readonly Recorded[] {
    return this.streams.get(stream) ?? [];
  }

  streamNames(): Iterable<string> {
    return this.streams.keys();
  }

  /** How many events were recorded until then. */
  countUntil(millis: number, from = 0): number {
    let count = from;
    while (count < this.times.length && (this.times[count] ?? 0) <= millis) count += 1;
    return count;
  }

  override async *readStream(
    stream: string,
    options: { readonly from?: bigint; readonly direction?: 'forwards' | 'backwards'; readonly limit?: number } = {},
  ): AsyncGenerator<Recorded> {
    const known = this.streamNow(stream);
    const { from, direction, limit = known.length } = options;
    const end = known.length;
    if (direction === 'backwards') {
      const first = from === undefined ? end - 1 : Math.min(end - 1, Number(from));
      for (let at = first, left = limit; at >= 0 && left > 0; at -= 1, left -= 1) yield known[at] as Recorded;
    } else {
      const first = Number(from ?? 0n);
      for (let at = first; at < Math.min(end, first + limit); at += 1) yield known[at] as Recorded;
    }
  }

  override async *readAll(options: ReadAllOptions = {}): AsyncGenerator<Recorded> {
    const { after, until, prefixes, direction, limit = Number.POSITIVE_INFINITY } = options;
    const backwards = direction === 'backwards';
    let left = limit;
    const end = this.events.length;
    const split = after === undefined ? (backwards ? end : 0) : this.indexAfter(after, backwards);
    for (let at = backwards ? split - 1 : split; at >= 0 && at < end && left > 0; at += backwards ? -1 : 1) {
      const event = this.events[at] as Recorded;
      if (until !== undefined && event.position > until) {
        if (backwards) continue;
        return;
      }
      if (!matchesPrefix(event.stream, prefixes)) continue;
      left -= 1;
      yield event;
    }
  }

  /** Place of the first event later than the position, or, backwards, at or after it. */
  private indexAfter(position: bigint, inclusive: boolean): number {
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const here = this.events[middle]?.position ?? 0n;
      if (inclusive ? here < position : here <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  override async head(): Promise<bigint> {
    return this.events[this.events.length - 1]?.position ?? -1n;
  }

  override subscribe(): Promise<Subscription> {
    return Promise.reject(new Error('nothing in the simulation subscribes to the log: the bus hands out events'));
  }

  override async close(): Promise<void> {}

  /** SHA-256 over everything recorded, in order: two runs are the same run if this is the same. */
  hash(): string {
    const hash = createHash('sha256');
    for (const { id, type, stream, position, recordedAt, data, metadata } of this.events) {
      hash.update(JSON.stringify([id, type, stream, String(position), recordedAt, data, metadata]));
    }
    return hash.digest('hex');
  }
}
