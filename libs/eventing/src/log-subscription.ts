import { Logger } from '@nestjs/common';
import { SolyxError, type Random, type Recorded } from '@solyx/kernel';
import { backoffMs, sleep } from './backoff';
import { readRecorded, type SubscribeOptions, type Subscription } from './event-log';

const RETRY = { firstMs: 50, mostMs: 3_000 };

/** What a subscription tells, in the log's order. Events are as stored. */
export type Followed =
  | { readonly kind: 'event'; readonly event: Recorded }
  | { readonly kind: 'checkpoint'; readonly position: bigint }
  | { readonly kind: 'caughtUp' };

export interface LogSubscriptionParts {
  readonly random: Random;
  follow(after: bigint, signal: AbortSignal): AsyncIterable<Followed>;
  closed(): void;
}

/** One subscription that survives the store: it goes on after the last event that was dealt with. */
export class LogSubscription implements Subscription {
  private readonly logger = new Logger('LogSubscription');
  private readonly closing = new AbortController();
  private ended: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: SubscribeOptions,
    private after: bigint,
    private readonly parts: LogSubscriptionParts,
  ) {}

  start(): void {
    this.ended = this.run();
  }

  /** Waits for the event in hand. Do not call it from within `onEvent`. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.ended;
    this.parts.closed();
  }

  private async run(): Promise<void> {
    const { signal } = this.closing;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      const before = this.after;
      try {
        await this.take(this.parts.follow(this.after, signal));
      } catch (error) {
        this.logger.warn(`goes on after a pause: ${error instanceof Error ? error.message : String(error)}`);
      }
      if (this.after > before) attempt = 1;
      await sleep(backoffMs(attempt, RETRY, this.parts.random), signal);
    }
  }

  private async take(items: AsyncIterable<Followed>): Promise<void> {
    for await (const item of items) {
      if (this.closing.signal.aborted) return;
      await this.deal(item);
    }
  }

  private async deal(item: Followed): Promise<void> {
    switch (item.kind) {
      case 'caughtUp':
        this.options.onCaughtUp?.();
        return;
      case 'checkpoint':
        if (item.position <= this.after) return;
        this.after = item.position;
        await this.options.onCheckpoint?.(item.position);
        return;
      case 'event':
        await this.deliver(item.event);
        this.after = item.event.position;
    }
  }

  private async deliver(stored: Recorded): Promise<void> {
    if (this.options.raw) return this.options.onEvent(stored);
    let event: Recorded;
    try {
      event = readRecorded(stored);
    } catch (thrown) {
      const error = SolyxError.from(thrown);
      if (!this.options.onInvalid) throw error;
      this.logger.error(error.message);
      return this.options.onInvalid(stored, error);
    }
    return this.options.onEvent(event);
  }
}
