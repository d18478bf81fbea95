import { SolyxError, type Recorded } from '@solyx/kernel';
import type { EventLog, Subscription } from './event-log';
import { CONTEXTS } from './define-context';

export interface LiveTailOptions {
  /** Newest events kept in memory for all listeners together. */
  readonly keptMax?: number;
  readonly prefixes?: readonly string[];
}

export interface ListenOptions {
  /** Exclusive: the position that the listener saw last; left out, only what comes from now on. */
  readonly after?: bigint;
  readonly filter?: (event: Recorded) => boolean;
  readonly signal?: AbortSignal;
}

const KEPT_MAX = 8_192;
const LISTENERS_MAX = 10_000;

/**
 * One subscription to the log, shared by many listeners. Each listener is a place in one ring of newest events, so it
 * costs no queue; who falls out of the ring is ended with an error that names the position to go on from.
 */
export class LiveTail {
  private readonly ring: Recorded[] = [];
  /** Number, counted since the start, of the oldest event in the ring. */
  private oldest = 0;
  /** Position of the newest event that has left the ring, or that came before it. */
  private trimmedTo = -1n;
  private readonly wakers = new Set<() => void>();
  private readonly askers = new Map<string, Set<(event: Recorded) => void>>();
  private starting: Promise<void> | undefined;
  private subscription: Subscription | undefined;
  private listeners = 0;
  private stopped = false;

  constructor(
    private readonly log: EventLog,
    private readonly options: LiveTailOptions = {},
  ) {}

  /** Resolves once every later event will be seen. Called by `listen` and `answer` too. */
  start(): Promise<void> {
    this.starting ??= this.subscribe().catch((error: unknown) => {
      this.starting = undefined;
      throw error;
    });
    return this.starting;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.starting?.catch(() => undefined);
    await this.subscription?.close();
    this.wake();
  }

  private async subscribe(): Promise<void> {
    this.trimmedTo = await this.log.head();
    this.subscription = await this.log.subscribe({
      after: this.trimmedTo,
      prefixes: this.prefixes,
      onEvent: (event) => this.keep(event),
      // What cannot be read cannot be shown; its own service parks it.
      onInvalid: () => undefined,
    });
  }

  private get prefixes(): readonly string[] {
    return this.options.prefixes ?? CONTEXTS.map((context) => `${context}.`);
  }

  private keep(event: Recorded): void {
    this.ring.push(event);
    const excess = this.ring.length - (this.options.keptMax ?? KEPT_MAX);
    // Trimmed by halves, so that keeping one event does not move all others.
    if (excess > (this.options.keptMax ?? KEPT_MAX) / 2) {
      this.trimmedTo = this.ring[excess - 1]?.position ?? this.trimmedTo;
      this.ring.splice(0, excess);
      this.oldest += excess;
    }
    for (const asker of [...(this.askers.get(event.metadata.$correlationId) ?? [])]) asker(event);
    this.wake();
  }

  private wake(): void {
    for (const waker of [...this.wakers]) waker();
  }

  /** Past events after `after`, then live ones, until the signal or `stop`. Throws ResourceExhausted for a slow listener. */
  async *listen(options: ListenOptions = {}): AsyncGenerator<Recorded> {
    if (this.listeners >= LISTENERS_MAX) {
      throw new SolyxError('ResourceExhausted', `${LISTENERS_MAX} listeners are connected already`);
    }
    this.listeners += 1;
    try {
      await this.start();
      let next = this.oldest + this.ring.length;
      if (options.after !== undefined) {
        const seen = yield* this.past(options.after, options);
        if (options.signal?.aborted) return;
        next = this.oldest + this.ring.filter(({ position }) => position <= seen).length;
      }
      yield* this.live(next, options);
    } finally {
      this.listeners -= 1;
    }
  }

  /** What has left the ring, from the log, as often as the ring moves on meanwhile. Answers how far it came. */
  private async *past(after: bigint, { filter, signal }: ListenOptions): AsyncGenerator<Recorded, bigint> {
    let seen = after;
    while (seen < this.trimmedTo) {
      const newest = this.trimmedTo;
      for await (const event of this.log.readAll({ after: seen, until: newest, prefixes: this.prefixes })) {
        if (signal?.aborted) return seen;
        if (filter?.(event) ?? true) yield event;
      }
      seen = newest;
    }
    return seen;
  }

  private async *live(from: number, { filter, signal }: ListenOptions): AsyncGenerator<Recorded> {
    let next = from;
    let last: Recorded | undefined;
    while (!this.stopped && !signal?.aborted) {
      if (next < this.oldest) throw this.tooSlow(last?.position);
      const event = this.ring[next - this.oldest];
      if (!event) {
        await this.somethingNew(signal);
        continue;
      }
      next += 1;
      last = event;
      if (filter?.(event) ?? true) yield event;
    }
  }

  private somethingNew(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.wakers.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      this.wakers.add(done);
      signal?.addEventListener('abort', done, { once: true });
      if (this.stopped || signal?.aborted) done();
    });
  }

  private tooSlow(position: bigint | undefined): SolyxError {
    return new SolyxError(
      'ResourceExhausted',
      'the listener was too slow for what happens',
      position === undefined ? {} : { position: String(position) },
      { reason: 'SlowListener', hint: 'Listen again from the position that you saw last.' },
    );
  }

  /**
   * The first event of this correlation that the predicate takes, later than `after` or still in memory; undefined
   * after `timeoutMs`. Call `start` at boot, so that an answer that comes at once is not missed.
   */
  async answer(
    correlationId: string,
    predicate: (event: Recorded) => boolean,
    timeoutMs: number,
    after = -1n,
  ): Promise<Recorded | undefined> {
    await this.start();
    for (let index = this.ring.length - 1; index >= 0; index -= 1) {
      const event = this.ring[index];
      if (!event || event.position <= after) break;
      if (event.metadata.$correlationId === correlationId && predicate(event)) return event;
    }
    const askers = this.askers.get(correlationId) ?? new Set();
    this.askers.set(correlationId, askers);
    return new Promise((resolve) => {
      const end = (event: Recorded | undefined): void => {
        clearTimeout(timer);
        askers.delete(ask);
        if (askers.size === 0) this.askers.delete(correlationId);
        resolve(event);
      };
      const ask = (event: Recorded): void => {
        if (predicate(event)) end(event);
      };
      const timer = setTimeout(() => end(undefined), timeoutMs);
      askers.add(ask);
    });
  }
}
