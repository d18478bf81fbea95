import {
  jsonEvent,
  StreamNotFoundError,
  type AllStreamResolvedEvent,
  type AppendResult,
  type EventStoreDBClient,
  type ResolvedEvent,
} from '@eventstore/db-client';
import { Logger } from '@nestjs/common';
import { SystemRandom, type Random, type Recorded } from '@solyx/kernel';
import { backoffMs, sleep } from './backoff';
import {
  EventLog,
  readRecorded,
  type Appended,
  type ExpectedRevision,
  type NewEvent,
  type ReadAllOptions,
  type ReadStreamOptions,
  type SubscribeOptions,
  type Subscription,
} from './event-log';
import { acquireClient, releaseClient } from './event-store-client';
import { lastingFailure, storeUnavailable, wrongRevisionOf } from './event-store-errors';
import { follow } from './event-store-follow';
import { itemsOf } from './event-store-reading';
import { matchesPrefix, SOLYX_PREFIXES, toStored } from './event-store-records';
import { LogSubscription } from './log-subscription';
import { Slots } from './slots';

/** Appends under way at once; what comes besides waits its turn. */
export const APPENDING_MAX = 512;
const ATTEMPTS_MAX = 6;
const RETRY = { firstMs: 50, mostMs: 2_000 };
/** The store answers or times out within its own 10 s; past this the answer itself was lost. */
const ANSWER_WITHIN_MS = 12_000;
const PAGE_MIN = 16;
const PAGE_MAX = 4_096;

/** The log in EventStoreDB, 23.10 or newer, or in the embedded store that speaks its protocol. */
export class EventStoreLog extends EventLog {
  private readonly client: EventStoreDBClient;
  private readonly logger = new Logger('EventStoreLog');
  private readonly slots = new Slots(APPENDING_MAX);
  private readonly open = new Set<Subscription>();
  private closed = false;

  constructor(
    private readonly connectionString: string,
    private readonly random: Random = new SystemRandom(),
  ) {
    super();
    this.client = acquireClient(connectionString);
  }

  /** An append whose outcome is unknown is repeated with the same ids, which the store takes for the same append. */
  override async append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<Appended> {
    const prepared = events.map(({ id, type, data, metadata }) =>
      jsonEvent({ id, type, data: data as Record<string, unknown>, metadata }),
    );
    return this.repeated(`append to ${stream}`, stream, async () => {
      const release = await this.slots.take();
      try {
        const appending = this.client.appendToStream(stream, prepared, { expectedRevision: expected });
        return toAppended(await answered(appending));
      } catch (error) {
        throw wrongRevisionOf(error, stream, expected) ?? error;
      } finally {
        release();
      }
    });
  }

  override async *readStream(stream: string, options: ReadStreamOptions = {}): AsyncGenerator<Recorded> {
    const backwards = options.direction === 'backwards';
    let next = options.from;
    let left = options.limit ?? Number.MAX_SAFE_INTEGER;
    if (left <= 0) return;
    const events = this.resumed(`read of ${stream}`, stream, () => this.page(stream, next, { backwards, limit: left }));
    for await (const event of events) {
      left -= 1;
      next = backwards ? event.revision - 1n : event.revision + 1n;
      yield options.raw ? event : readRecorded(event);
      if (left === 0 || next < 0n) return;
    }
  }

  private async *page(
    stream: string,
    from: bigint | undefined,
    options: { readonly backwards: boolean; readonly limit: number },
  ): AsyncGenerator<Recorded> {
    const read = this.client.readStream(stream, {
      direction: options.backwards ? 'backwards' : 'forwards',
      fromRevision: from ?? (options.backwards ? 'end' : 'start'),
      maxCount: options.limit,
    });
    try {
      for await (const { event } of itemsOf<ResolvedEvent>(read, () => read.cancel())) if (event) yield toStored(event);
    } catch (error) {
      if (!(error instanceof StreamNotFoundError)) throw error;
    }
  }

  override async *readAll(options: ReadAllOptions = {}): AsyncGenerator<Recorded> {
    const reading = options.direction === 'backwards' ? this.backwards(options) : this.forwards(options);
    let left = options.limit ?? Number.MAX_SAFE_INTEGER;
    if (left <= 0) return;
    for await (const event of reading) {
      yield options.raw ? event : readRecorded(event);
      left -= 1;
      if (left === 0) return;
    }
  }

  /** A filtered subscription that ends at `until`: the client's own read of `$all` knows no filter. */
  private async *forwards(options: ReadAllOptions): AsyncGenerator<Recorded> {
    const until = options.until ?? (await this.head());
    const prefixes = options.prefixes ?? SOLYX_PREFIXES;
    let after = options.after ?? -1n;
    if (after >= until) return;
    const items = this.resumed('read of the log', '$all', () => follow(this.client, after, prefixes));
    for await (const item of items) {
      if (item.kind === 'caughtUp') return;
      const position = item.kind === 'event' ? item.event.position : item.position;
      if (item.kind === 'event' && position <= until) yield item.event;
      if (position >= until) return;
      after = position;
    }
  }

  /** In pages that grow, so that the head costs little and a long way back few calls. */
  private async *backwards({ after, until, prefixes }: ReadAllOptions): AsyncGenerator<Recorded> {
    let before = after;
    for (let size = PAGE_MIN; ; size = Math.min(size * 4, PAGE_MAX)) {
      let left = size;
      const page = this.resumed('read of the log', '$all', () => this.pageOfAll(before, left));
      for await (const stored of page) {
        left -= 1;
        before = stored.position;
        if (matchesPrefix(stored.stream, prefixes) && (until === undefined || stored.position <= until)) yield stored;
        if (left === 0) break;
      }
      if (left > 0) return;
    }
  }

  private async *pageOfAll(before: bigint | undefined, maxCount: number): AsyncGenerator<Recorded> {
    const fromPosition = before === undefined ? 'end' : { commit: before, prepare: before };
    const read = this.client.readAll({ direction: 'backwards', fromPosition, maxCount });
    for await (const { event } of itemsOf<AllStreamResolvedEvent>(read, () => read.cancel())) {
      if (event) yield toStored(event);
    }
  }

  override async subscribe(options: SubscribeOptions): Promise<Subscription> {
    const after = options.after === 'end' ? await this.head() : (options.after ?? -1n);
    const subscription = new LogSubscription(options, after, {
      random: this.random,
      follow: (from, signal) => follow(this.client, from, options.prefixes ?? SOLYX_PREFIXES, signal),
      closed: () => this.open.delete(subscription),
    });
    this.open.add(subscription);
    subscription.start();
    return subscription;
  }

  override async head(): Promise<bigint> {
    for await (const { position } of this.backwards({})) return position;
    return -1n;
  }

  /** The client keeps to itself what it asked the server when it connected. */
  override async version(): Promise<string | undefined> {
    const { capabilities } = this.client as unknown as { capabilities: Promise<{ readonly serverVersion: string }> };
    return (await capabilities).serverVersion;
  }

  override async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await Promise.all([...this.open].map((subscription) => subscription.close()));
    await releaseClient(this.connectionString);
  }

  /** What `open` gives; opened again where it breaks off, so `open` must begin after what it gave before. */
  private async *resumed<T>(what: string, stream: string, open: () => AsyncIterable<T>): AsyncGenerator<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        for await (const item of open()) {
          yield item;
          attempt = 1;
        }
        return;
      } catch (error) {
        await this.pauseOrThrow(what, stream, error, attempt);
      }
    }
  }

  private async repeated<T>(what: string, stream: string, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        await this.pauseOrThrow(what, stream, error, attempt);
      }
    }
  }

  private async pauseOrThrow(what: string, stream: string, error: unknown, attempt: number): Promise<void> {
    if (error instanceof Error && error.name === 'WrongExpectedRevision') throw error;
    const lasting = lastingFailure(error, stream);
    if (lasting) throw lasting;
    if (attempt >= ATTEMPTS_MAX || this.closed) throw storeUnavailable(what, error);
    this.logger.debug(`${what}, attempt ${attempt}: ${String(error)}`);
    await sleep(backoffMs(attempt, RETRY, this.random));
  }
}

function toAppended({ nextExpectedRevision, position }: AppendResult): Appended {
  if (!position) throw storeUnavailable('the append', 'it was answered without a position');
  return { revision: nextExpectedRevision, position: position.commit };
}

/** The client itself waits for an answer for ever. */
function answered<T>(asked: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer')), ANSWER_WITHIN_MS);
    asked.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
