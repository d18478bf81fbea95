import { Logger } from '@nestjs/common';
import { backoffMs, sleep, type EventLog, type Subscription } from '@solyx/eventing';
import { SolyxError, type Clock, type Random, type Recorded } from '@solyx/kernel';
import { PUBLIC_PREFIXES } from '../../domain/webhooks/public-events';
import { WakeUp } from './wake-up';
import { WAITING_MAX, type WebhookBoard } from './webhook-board';
import type { FeedStep, Reader, WebhookStore } from './webhook-store';

/** Events that one transaction takes at most. */
const BATCH_MAX = 256;
const QUEUE_MAX = 4 * BATCH_MAX;
/** Events that a reader takes at once. */
const PAGE_MAX = 256;
const QUIET_SAVE_MS = 2_000;
const RETRY = { firstMs: 50, mostMs: 2_000 };

export interface FeedParts {
  readonly log: EventLog;
  readonly store: WebhookStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly board: WebhookBoard;
  readonly epoch: bigint;
  /** One write after another, whoever writes. */
  inTurn<T>(write: () => Promise<T>): Promise<T>;
  /** Something may be due for these endpoints, or they changed. */
  onChange(endpointIds: Iterable<string>): void;
}

/**
 * Reads the log, turns its events into deliveries, and stores them together with its place: so each event is either in
 * the store or still ahead. Endpoints for which too much waits leave the feed and read the log at their own pace.
 */
export class WebhookFeed {
  private readonly logger = new Logger('WebhookFeed');
  private readonly stopping = new AbortController();
  private readonly queue: Recorded[] = [];
  private readonly came = new WakeUp();
  private room: () => void = () => undefined;
  private seen = -1n;
  private savedAt = 0;
  private subscription: Subscription | undefined;
  private running: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: FeedParts) {}

  async start(): Promise<void> {
    const { log, board } = this.parts;
    this.subscription = await log.subscribe({
      ...(board.position < 0n ? {} : { after: board.position }),
      prefixes: PUBLIC_PREFIXES,
      onEvent: (event) => this.take(event),
      // What cannot be read cannot be shown; its own service parks it.
      onInvalid: (event) => this.logger.warn(`${event.type} at ${event.position} cannot be read and is left out`),
      onCheckpoint: (position) => {
        if (position > this.seen) this.seen = position;
      },
    });
    this.running = Promise.all([this.follow(), this.read()]);
  }

  /** Finishes the step in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.came.notify();
    this.room();
    await this.subscription?.close();
    await this.running;
  }

  private take(event: Recorded): Promise<void> | void {
    if (this.isOver()) return undefined;
    this.queue.push(event);
    this.came.notify();
    if (this.queue.length < QUEUE_MAX) return undefined;
    return new Promise((resolve) => {
      this.room = resolve;
    });
  }

  private isOver(): boolean {
    return this.stopping.signal.aborted;
  }

  /** One batch after another. What arrives while one is stored makes the next: no timer adds to the delay. */
  private async follow(): Promise<void> {
    while (!this.isOver()) {
      const batch = this.queue.splice(0, BATCH_MAX);
      this.room();
      const last = batch[batch.length - 1];
      if (last) await this.step(batch, last.position);
      else await this.rest();
    }
  }

  private async step(batch: readonly Recorded[], position: bigint): Promise<void> {
    const events = batch.filter((event) => event.position > this.parts.board.position);
    await this.commit(() => this.parts.board.plan(events, position, this.parts.clock.iso()));
  }

  /** Nothing waits: where others alone wrote, the place is remembered now and then. */
  private async rest(): Promise<void> {
    const now = performance.now();
    if (this.seen > this.parts.board.position && now - this.savedAt > QUIET_SAVE_MS) {
      this.savedAt = now;
      const { seen } = this;
      if (this.queue.length === 0) await this.step([], seen);
    }
    if (this.queue.length > 0 || this.isOver()) return;
    await this.came.wait(QUIET_SAVE_MS);
  }

  /** Plans and stores until it is stored, or until somebody else leads. */
  private async commit(plan: () => FeedStep): Promise<void> {
    const { store, board, epoch, random } = this.parts;
    for (let attempt = 1; !this.isOver(); attempt += 1) {
      try {
        const step = await this.parts.inTurn(async () => {
          const planned = plan();
          board.apply(planned, await store.advance(planned, epoch));
          return planned;
        });
        this.parts.onChange(touchedBy(step));
        return;
      } catch (thrown) {
        const error = SolyxError.from(thrown);
        this.logger.warn(`${error.message}; tried again`);
        await sleep(backoffMs(attempt, RETRY, random), this.stopping.signal);
      }
    }
  }

  /** Each reader in turn takes one page, so that a long replay delays no short one. */
  private async read(): Promise<void> {
    const { signal } = this.stopping;
    while (!this.isOver()) {
      let moved = false;
      for (const reader of [...this.parts.board.readers.values()]) {
        if (this.isOver()) return;
        moved = (await this.readPage(reader)) || moved;
      }
      await sleep(moved ? 0 : 100, signal);
    }
  }

  private async readPage(reader: Reader): Promise<boolean> {
    const { log, board, clock, random } = this.parts;
    const entry = board.get(reader.endpointId);
    // Half a backlog of room, so that it reads pages and not single events; a disabled endpoint reads nothing on.
    if (entry && (entry.waiting > WAITING_MAX / 2 || entry.endpoint.phase === 'Disabled')) return false;
    const end = reader.until ?? board.position;
    const events: Recorded[] = [];
    try {
      const wanted = { after: reader.position, until: end, prefixes: PUBLIC_PREFIXES, limit: PAGE_MAX };
      for await (const event of log.readAll(wanted)) events.push(event);
    } catch (thrown) {
      this.logger.warn(`${reader.readerId}: ${SolyxError.from(thrown).message}; tried again`);
      await sleep(backoffMs(4, RETRY, random), this.stopping.signal);
      return false;
    }
    const reached = events.length < PAGE_MAX ? end : (events[events.length - 1]?.position ?? end);
    await this.commit(() => board.planReading(reader, events, reached, clock.iso()));
    return true;
  }
}

const touchedBy = (step: FeedStep): ReadonlySet<string> =>
  new Set([
    ...step.deliveries.map(({ endpointId }) => endpointId),
    ...step.redeliveries.map(({ endpointId }) => endpointId),
    ...step.endpoints.map(({ endpointId }) => endpointId),
  ]);
