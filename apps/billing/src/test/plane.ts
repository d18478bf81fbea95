import {
  eventSubscriptionsOf,
  Streams,
  type Delivery,
  type EventHandlerMethod,
  type EventLog,
  type Projection,
} from '@solyx/eventing';
import { deriveId, ManualClock, SolyxError, type DomainEvent, type Recorded } from '@solyx/kernel';
import type { PriceEntry } from '@solyx/contracts';
import { MeterUsageHandler } from '../application/meter-usage.handler';
import { OpenAccountHandler } from '../application/open-account.handler';
import { PlaceHoldHandler } from '../application/place-hold.handler';
import { PriceBook } from '../application/price-book';
import { PublishPricesProcess } from '../application/publish-prices.process';
import { ReleaseHoldHandler } from '../application/release-hold.handler';
import { SetBudgetHandler } from '../application/set-budget.handler';
import { ENTRIES, LIST, ORGANIZATION, T0 } from './fixtures';

const ATTEMPTS_MAX = 200;

/** Billing over a log, and a bus that delivers as badly as it may: at least once, in any order. */
export class Plane {
  readonly clock = new ManualClock(T0);
  readonly log: EventLog;
  readonly streams: Streams;
  private readonly handlers: readonly object[];

  constructor(makeLog: (clock: ManualClock) => EventLog) {
    this.log = makeLog(this.clock);
    this.streams = new Streams(this.log);
    const prices = new PriceBook(this.streams);
    this.handlers = [
      new OpenAccountHandler(this.streams, this.clock),
      new SetBudgetHandler(this.streams),
      new PlaceHoldHandler(this.streams, prices, this.clock),
      new MeterUsageHandler(this.streams, prices, this.clock),
      new ReleaseHoldHandler(this.streams, this.clock),
    ];
  }

  /** As a start of the service with these prices in its configuration. */
  async publishPrices(entries: readonly PriceEntry[] = ENTRIES): Promise<void> {
    const prices = { currency: 'USD' as const, effectiveFrom: LIST.effectiveFrom, entries };
    const process = new PublishPricesProcess(this.streams, { read: () => Promise.resolve(prices) }, this.clock);
    await process.publishOnce();
    await process.publishOnce();
  }

  /** What another service recorded. */
  async recorded(stream: string, event: DomainEvent, organizationId = ORGANIZATION): Promise<Recorded> {
    const tail = await this.events(stream);
    const id = deriveId(stream, tail.length);
    const metadata = {
      version: 1,
      organizationId,
      actor: { kind: 'key', id: 'key_1', roles: ['owner'] },
      $correlationId: 'request',
      $causationId: 'request',
    } as const;
    await this.log.append(stream, [{ id, ...event, metadata }], 'any');
    const all = await this.events(stream);
    return all[all.length - 1]!;
  }

  async events(stream: string): Promise<readonly Recorded[]> {
    const found: Recorded[] = [];
    for await (const event of this.log.readStream(stream)) found.push(event);
    return found;
  }

  async all(type: string): Promise<readonly Recorded[]> {
    const found: Recorded[] = [];
    for await (const event of this.log.readAll()) if (event.type === type) found.push(event);
    return found;
  }

  /** Once to each handler; throws what the handler throws. */
  async deliver(event: Recorded, delivery: Delivery = { attempt: 1, redelivered: false }): Promise<void> {
    for (const handler of this.handlers) {
      for (const { types, method } of eventSubscriptionsOf(handler)) {
        if (types.includes(event.type)) {
          await (handler as Record<string, EventHandlerMethod>)[method]!.call(handler, event, delivery);
        }
      }
    }
  }

  /** Round after round until nobody asks to be told again. */
  async deliverAll(events: readonly Recorded[]): Promise<void> {
    let waiting = events;
    for (let attempt = 1; waiting.length > 0; attempt += 1) {
      if (attempt > ATTEMPTS_MAX) throw new Error(`still waiting: ${waiting.map(({ type }) => type).join()}`);
      const again: Recorded[] = [];
      for (const event of waiting) {
        const error = await this.deliver(event, { attempt, redelivered: attempt > 1 }).catch(SolyxError.from);
        if (error && !error.retryable) throw error;
        if (error) again.push(event);
      }
      waiting = again;
    }
  }

  /** The rows of a view, folded from event 0. */
  async view<Row>(projection: Projection<Row>): Promise<ReadonlyMap<string, Row>> {
    const rows = new Map<string, Row>();
    for await (const event of this.log.readAll({ prefixes: projection.prefixes })) {
      for (const key of projection.keys(event)) {
        const row = projection.apply(rows.get(key) ?? projection.initial, event, key);
        if (row === undefined) rows.delete(key);
        else rows.set(key, row);
      }
    }
    return rows;
  }
}
