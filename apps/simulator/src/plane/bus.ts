import { SolyxError, type Recorded } from '@solyx/kernel';
import { backoffMs, DELIVERIES_MAX, type Delivery } from '@solyx/eventing';
import type { Chance } from '../engine/chance';
import type { Scheduler } from '../engine/scheduler';
import type { Faults } from './faults';

const RETRY = { firstMs: 100, mostMs: 15_000 };
const RELAYED_AT_ONCE = 16;

export interface BusParts {
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly chance: Chance;
}

/** Events of one context on their way: what it recorded, relayed in order while it runs. */
export class Topic {
  readonly published: Recorded[] = [];
  private readonly backlog: Recorded[] = [];
  private readonly consumers: Consumer[] = [];
  private isPumping = false;

  constructor(
    private readonly parts: BusParts,
    private readonly isUp: () => boolean,
  ) {}

  get waiting(): number {
    return this.backlog.length;
  }

  attach(consumer: Consumer): void {
    this.consumers.push(consumer);
  }

  record(event: Recorded): void {
    this.backlog.push(event);
    this.pump();
  }

  /** Its relay works again, or has more to do. */
  pump(): void {
    if (this.isPumping || this.backlog.length === 0 || !this.isUp()) return;
    this.isPumping = true;
    this.parts.scheduler.after(this.parts.faults.relayDelayMs(), () => {
      this.isPumping = false;
      if (!this.isUp()) return;
      for (const event of this.backlog.splice(0, RELAYED_AT_ONCE)) {
        this.published.push(event);
        for (const consumer of this.consumers) consumer.arrived(this.published.length - 1);
      }
      this.pump();
    });
  }
}

export interface Listener {
  hears(event: Recorded): boolean;
  handle(event: Recorded, delivery: Delivery): Promise<void>;
  /** It is given up until somebody asks for it again. */
  park(event: Recorded, failure: { readonly error: SolyxError; readonly attempts: number }): void;
}

interface Item {
  readonly event: Recorded;
  readonly index: number;
  readonly redelivered: boolean;
  readonly isRepeat: boolean;
}

/**
 * A durable consumer: at least once, in order per stream, side by side across streams, retried with backoff in virtual
 * time, then parked. A new life of its listener begins before the first message that was not acknowledged, or earlier.
 */
export class Consumer {
  /** Messages before this one were handled or parked. */
  private floor = 0;
  private readonly done = new Set<number>();
  private readonly queues = new Map<string, Item[]>();
  private listener: Listener | undefined;
  private life = 0;

  constructor(
    readonly name: string,
    private readonly topic: Topic,
    private readonly parts: BusParts,
  ) {
    topic.attach(this);
  }

  get waiting(): number {
    let count = this.topic.published.length - this.floor;
    for (const queue of this.queues.values()) count += queue.filter(({ isRepeat }) => isRepeat).length;
    return count;
  }

  start(listener: Listener): void {
    this.stop();
    this.listener = listener;
    const from = Math.max(0, this.floor - this.parts.faults.rewind());
    for (let index = from; index < this.topic.published.length; index += 1) this.take(index, index < this.floor, true);
  }

  stop(): void {
    this.life += 1;
    this.listener = undefined;
    this.queues.clear();
  }

  arrived(index: number): void {
    if (this.listener) this.take(index, false, false);
  }

  private take(index: number, isRepeat: boolean, redelivered: boolean): void {
    const event = this.topic.published[index];
    if (!event || !this.listener) return;
    if (this.listener.hears(event)) this.enqueue({ event, index, redelivered, isRepeat });
    else this.acknowledge(index);
  }

  private enqueue(item: Item): void {
    const { stream } = item.event;
    const queue = this.queues.get(stream);
    if (queue) queue.push(item);
    else {
      this.queues.set(stream, [item]);
      this.deliver(stream, item);
    }
  }

  private deliver(stream: string, item: Item): void {
    this.inLife(this.parts.faults.deliveryDelayMs(), () => this.attempt(stream, item, 1));
  }

  private inLife(ms: number, work: () => void): void {
    const { life } = this;
    this.parts.scheduler.after(ms, () => {
      if (this.life === life) work();
    });
  }

  private attempt(stream: string, item: Item, attempt: number): void {
    const { life, listener } = this;
    if (!listener) return;
    const delivery = { attempt, redelivered: item.redelivered || attempt > 1 };
    listener.handle(item.event, delivery).then(
      () => {
        if (this.life === life) this.finish(stream, item);
      },
      (thrown: unknown) => {
        if (this.life !== life) return;
        const error = SolyxError.from(thrown);
        if (error.retryable && attempt < DELIVERIES_MAX) {
          const wait = backoffMs(attempt, RETRY, this.parts.chance);
          this.inLife(wait, () => this.attempt(stream, item, attempt + 1));
          return;
        }
        listener.park(item.event, { error, attempts: attempt });
        this.finish(stream, item);
      },
    );
  }

  private finish(stream: string, item: Item): void {
    this.acknowledge(item.index);
    const again = this.parts.faults.duplicateAfterMs();
    if (again !== undefined) {
      const redelivered = !this.parts.faults.repeatIsUnknown();
      this.inLife(again, () => this.enqueue({ ...item, isRepeat: true, redelivered }));
    }
    const queue = this.queues.get(stream);
    queue?.shift();
    const next = queue?.[0];
    if (next) this.deliver(stream, next);
    else this.queues.delete(stream);
  }

  private acknowledge(index: number): void {
    if (index >= this.floor) this.done.add(index);
    while (this.done.delete(this.floor)) this.floor += 1;
  }
}
