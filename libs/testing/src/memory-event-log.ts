import { SolyxError, SystemRandom, type Clock, type EventMetadata, type Random, type Recorded } from '@solyx/kernel';
import {
  EventLog,
  LogSubscription,
  matchesPrefix,
  readRecorded,
  WrongExpectedRevision,
  type Appended,
  type ExpectedRevision,
  type Followed,
  type NewEvent,
  type ReadAllOptions,
  type ReadStreamOptions,
  type SubscribeOptions,
  type Subscription,
} from '@solyx/eventing';

interface Stored {
  readonly id: string;
  readonly type: string;
  readonly data: string;
  readonly metadata: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly position: bigint;
  readonly recordedAt: string;
}

/** The log in memory: the same rules as the real store (sparse positions, idempotent ids), no durability. */
export class MemoryEventLog extends EventLog {
  private readonly events: Stored[] = [];
  private readonly streams = new Map<string, Stored[]>();
  private readonly wakers = new Set<() => void>();

  private readonly open = new Set<Subscription>();

  constructor(
    private readonly clock: Clock,
    private readonly random: Random = new SystemRandom(),
  ) {
    super();
  }

  override append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended> {
    return Promise.resolve().then(() => this.appendNow(stream, events, expected));
  }

  /** The same append, at once: for simulations that own the order of everything. */
  appendNow(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Appended {
    const known = this.streams.get(stream) ?? [];
    const last = BigInt(known.length) - 1n;
    const repeated = this.repeated(stream, known, events, expected);
    if (repeated) return repeated;
    if (expected !== 'any' && (expected === 'no_stream' ? -1n : expected) !== last) {
      throw new WrongExpectedRevision(stream, expected, last);
    }
    if (events.length === 0) throw new SolyxError('InvalidArgument', 'an append needs at least one event');
    for (const event of events) this.store(stream, known, event);
    this.streams.set(stream, known);
    for (const wake of [...this.wakers]) wake();
    const tail = known[known.length - 1];
    return { revision: tail?.revision ?? -1n, position: tail?.position ?? -1n };
  }

  private store(stream: string, known: Stored[], event: NewEvent): void {
    const data = JSON.stringify(event.data);
    const before = this.events[this.events.length - 1];
    const stored: Stored = {
      id: event.id,
      type: event.type,
      data,
      metadata: JSON.stringify(event.metadata),
      stream,
      revision: BigInt(known.length),
      position: (before?.position ?? 0n) + BigInt(data.length + 1),
      recordedAt: this.clock.iso(),
    };
    known.push(stored);
    this.events.push(stored);
  }

  /** The answer to an append that was taken before; undefined for a new one. Ids decide, as in the real store. */
  private repeated(
    stream: string,
    known: readonly Stored[],
    events: readonly NewEvent[],
    expected: ExpectedRevision,
  ): Appended | undefined {
    const [first] = events;
    if (!first) return undefined;
    const from =
      expected === 'any'
        ? known.findIndex(({ id }) => id === first.id)
        : Number(expected === 'no_stream' ? 0n : expected + 1n);
    if (from < 0 || from >= known.length) return undefined;
    if (!events.every((event, index) => known[from + index]?.id === event.id)) {
      throw new WrongExpectedRevision(stream, expected, BigInt(known.length) - 1n);
    }
    const tail = known[from + events.length - 1];
    return tail ? { revision: tail.revision, position: tail.position } : undefined;
  }

  override async *readStream(stream: string, options: ReadStreamOptions = {}): AsyncGenerator<Recorded> {
    await Promise.resolve();
    const known = [...(this.streams.get(stream) ?? [])];
    const backwards = options.direction === 'backwards';
    const chosen = backwards
      ? known.filter(({ revision }) => options.from === undefined || revision <= options.from).reverse()
      : known.filter(({ revision }) => revision >= (options.from ?? 0n));
    for (const stored of chosen.slice(0, options.limit)) {
      yield options.raw ? toStored(stored) : readRecorded(toStored(stored));
    }
  }

  override async *readAll(options: ReadAllOptions = {}): AsyncGenerator<Recorded> {
    await Promise.resolve();
    const backwards = options.direction === 'backwards';
    const chosen = this.events.filter(
      ({ position, stream }) =>
        (options.after === undefined || (backwards ? position < options.after : position > options.after)) &&
        (options.until === undefined || position <= options.until) &&
        matchesPrefix(stream, options.prefixes),
    );
    if (backwards) chosen.reverse();
    for (const stored of chosen.slice(0, options.limit)) {
      yield options.raw ? toStored(stored) : readRecorded(toStored(stored));
    }
  }

  override async subscribe(options: SubscribeOptions): Promise<Subscription> {
    const after = options.after === 'end' ? await this.head() : (options.after ?? -1n);
    const subscription = new LogSubscription(options, after, {
      random: this.random,
      follow: (from, signal) => this.follow(from, options.prefixes, signal),
      closed: () => this.open.delete(subscription),
    });
    this.open.add(subscription);
    subscription.start();
    return subscription;
  }

  private async *follow(
    after: bigint,
    prefixes: readonly string[] | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<Followed> {
    let seen = after;
    let caughtUp = false;
    while (!signal.aborted) {
      const next = this.next(seen);
      if (next) {
        seen = next.position;
        if (matchesPrefix(next.stream, prefixes)) yield { kind: 'event', event: toStored(next) };
        yield { kind: 'checkpoint', position: seen };
      } else if (!caughtUp) {
        caughtUp = true;
        yield { kind: 'caughtUp' };
      } else await this.somethingNew(signal);
    }
  }

  private somethingNew(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.wakers.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.wakers.add(done);
      signal.addEventListener('abort', done, { once: true });
      if (signal.aborted) done();
    });
  }

  /** What was recorded later than this, at once: for simulations that own the order of everything. */
  recordedAfter(position: bigint): readonly Recorded[] {
    return this.events.slice(this.indexAfter(position)).map((stored) => readRecorded(toStored(stored)));
  }

  private next(after: bigint): Stored | undefined {
    return this.events[this.indexAfter(after)];
  }

  private indexAfter(after: bigint): number {
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.events[middle]?.position ?? 0n) <= after) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  override async head(): Promise<bigint> {
    for (let index = this.events.length - 1; index >= 0; index -= 1) {
      const stored = this.events[index];
      if (stored && matchesPrefix(stored.stream)) return stored.position;
    }
    return -1n;
  }

  override async close(): Promise<void> {
    await Promise.all([...this.open].map((subscription) => subscription.close()));
  }
}

function toStored({ data, metadata, ...rest }: Stored): Recorded {
  return { ...rest, data: JSON.parse(data) as unknown, metadata: JSON.parse(metadata) as EventMetadata };
}
