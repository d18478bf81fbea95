import { SolyxError, type Clock, type Recorded, type EventMetadata } from '@solyx/kernel';
import { eventRegistry } from '@solyx/contracts';
import {
  EventLog,
  WrongExpectedRevision,
  type Appended,
  type ExpectedRevision,
  type NewEvent,
  type ReadAllOptions,
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

  constructor(private readonly clock: Clock) {
    super();
  }

  override append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended> {
    return Promise.resolve().then(() => this.appendNow(stream, events, expected));
  }

  /** The same append, at once: for simulations that own the order of everything. */
  appendNow(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Appended {
    const known = this.streams.get(stream) ?? [];
    const last = BigInt(known.length) - 1n;
    const repeated = this.repeated(known, events, expected);
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

  private repeated(
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
    if (!events.every((event, index) => known[from + index]?.id === event.id)) return undefined;
    const tail = known[from + events.length - 1];
    return tail ? { revision: tail.revision, position: tail.position } : undefined;
  }

  override async *readStream(
    stream: string,
    options: { readonly from?: bigint; readonly direction?: 'forwards' | 'backwards'; readonly limit?: number } = {},
  ): AsyncGenerator<Recorded> {
    await Promise.resolve();
    const known = [...(this.streams.get(stream) ?? [])];
    const backwards = options.direction === 'backwards';
    const chosen = backwards
      ? known.filter(({ revision }) => options.from === undefined || revision <= options.from).reverse()
      : known.filter(({ revision }) => revision >= (options.from ?? 0n));
    for (const stored of chosen.slice(0, options.limit)) yield toRecorded(stored);
  }

  override async *readAll(options: ReadAllOptions = {}): AsyncGenerator<Recorded> {
    await Promise.resolve();
    const chosen = this.events.filter(
      ({ position, stream }) =>
        (options.direction === 'backwards' || position > (options.after ?? -1n)) &&
        (options.direction !== 'backwards' || options.after === undefined || position < options.after) &&
        (options.until === undefined || position <= options.until) &&
        matches(stream, options.prefixes),
    );
    if (options.direction === 'backwards') chosen.reverse();
    for (const stored of chosen.slice(0, options.limit)) yield toRecorded(stored);
  }

  override subscribe(options: SubscribeOptions): Promise<Subscription> {
    let after =
      options.after === 'end' ? (this.events[this.events.length - 1]?.position ?? -1n) : (options.after ?? -1n);
    let open = true;
    let running = false;
    let caughtUp = false;
    const pump = async (): Promise<void> => {
      if (running) return;
      running = true;
      try {
        for (let next = this.next(after); open && next; next = this.next(after)) {
          if (matches(next.stream, options.prefixes)) await options.onEvent(toRecorded(next));
          after = next.position;
          await options.onCheckpoint?.(after);
        }
        if (open && !caughtUp) {
          caughtUp = true;
          options.onCaughtUp?.();
        }
      } finally {
        running = false;
      }
    };
    const wake = (): void => void pump();
    this.wakers.add(wake);
    wake();
    return Promise.resolve({
      close: () => {
        open = false;
        this.wakers.delete(wake);
        return Promise.resolve();
      },
    });
  }

  private next(after: bigint): Stored | undefined {
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.events[middle]?.position ?? 0n) <= after) low = middle + 1;
      else high = middle;
    }
    return this.events[low];
  }

  override head(): Promise<bigint> {
    return Promise.resolve(this.events[this.events.length - 1]?.position ?? -1n);
  }

  override close(): Promise<void> {
    this.wakers.clear();
    return Promise.resolve();
  }
}

const matches = (stream: string, prefixes: readonly string[] = []): boolean =>
  prefixes.length === 0 || prefixes.some((prefix) => stream.startsWith(prefix));

function toRecorded(stored: Stored): Recorded {
  const metadata = JSON.parse(stored.metadata) as EventMetadata;
  const event = eventRegistry.read({ type: stored.type, data: JSON.parse(stored.data) as unknown }, metadata.version);
  const { id, stream, revision, position, recordedAt } = stored;
  return { id, type: event.type, data: event.data, stream, revision, position, recordedAt, metadata };
}
