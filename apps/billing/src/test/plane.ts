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
import { MemoryViews } from '@solyx/testing';
import { AccountBooks } from '../application/account-books';
import { ClosePeriodsProcess } from '../application/close-periods.process';
import { ExpireCreditsProcess } from '../application/expire-credits.process';
import { FillWalletHandler } from '../application/fill-wallet.handler';
import { MeterReader } from '../application/meter-reader';
import { MeterUsageHandler } from '../application/meter-usage.handler';
import { openMeterView } from '../application/open-meter.projection';
import { OpenAccountHandler } from '../application/open-account.handler';
import { periodView } from '../application/period.projection';
import { PlaceHoldHandler } from '../application/place-hold.handler';
import { PriceBook } from '../application/price-book';
import { PublishPricesProcess } from '../application/publish-prices.process';
import { RaiseHoldHandler } from '../application/raise-hold.handler';
import { RateCards } from '../application/rate-cards';
import { ReadMetersProcess } from '../application/read-meters.process';
import { RecordUsageHandler } from '../application/record-usage.handler';
import { ReleaseHoldHandler } from '../application/release-hold.handler';
import { SetBudgetHandler } from '../application/set-budget.handler';
import { SetProfileHandler } from '../application/set-profile.handler';
import { SettleChargeHandler } from '../application/settle-charge.handler';
import { UsagePrices } from '../application/usage-prices';
import { walletView } from '../application/wallet.projection';
import { ENTRIES, LIST, ORGANIZATION, T0 } from './fixtures';

const ATTEMPTS_MAX = 200;

export const SLICE_MS = 3_600_000;
const settings = { sliceMs: SLICE_MS, settleMs: 15_000 };

/** Billing over a log, and a bus that delivers as badly as it may: at least once, in any order. */
export class Plane {
  readonly clock = new ManualClock(T0);
  readonly log: EventLog;
  readonly streams: Streams;
  readonly views: MemoryViews;
  readonly prices: UsagePrices;
  private readonly handlers: readonly object[];
  private readonly ticks: readonly (() => Promise<void>)[];
  /** Own events that were heard, and those that are to be heard again. */
  private heard = -1n;
  private waiting: readonly Recorded[] = [];

  constructor(makeLog: (clock: ManualClock) => EventLog) {
    this.log = makeLog(this.clock);
    this.streams = new Streams(this.log);
    this.views = new MemoryViews(this.log, [openMeterView, periodView, walletView], this.clock);
    const { streams, clock, views } = this;
    this.prices = new UsagePrices(streams, new RateCards(streams), new AccountBooks(streams));
    const reader = new MeterReader(streams, this.prices, settings);
    this.handlers = [
      new OpenAccountHandler(streams, clock),
      new SetBudgetHandler(streams),
      new PlaceHoldHandler(streams, new PriceBook(streams), this.prices, clock),
      new MeterUsageHandler(streams, reader, clock),
      new RecordUsageHandler(streams, this.prices, clock),
      new SetProfileHandler(streams),
      new FillWalletHandler(streams, clock),
      new SettleChargeHandler(streams, clock),
      new RaiseHoldHandler(streams, clock),
      new ReleaseHoldHandler(streams, clock),
    ];
    const read = new ReadMetersProcess(views, reader, settings, clock);
    const close = new ClosePeriodsProcess(streams, views, this.prices, reader, clock);
    const expire = new ExpireCreditsProcess(streams, views, clock);
    this.ticks = [() => read.readSome(), () => close.closeSome(), () => expire.expire()];
  }

  /** All processes, as often as they need to look at everything once; and what they recorded is heard. */
  async tick(rounds = 15): Promise<void> {
    for (let round = 0; round < rounds; round += 1) for (const tick of this.ticks) await tick();
    await this.hearOwn();
  }

  /** Billing hears what it recorded itself, in order per stream as near as makes no difference here. */
  async hearOwn(): Promise<void> {
    for (let round = 1; ; round += 1) {
      const fresh: Recorded[] = [];
      for await (const event of this.log.readAll({ after: this.heard, prefixes: ['billing.'] })) fresh.push(event);
      this.heard = fresh[fresh.length - 1]?.position ?? this.heard;
      const again: Recorded[] = [];
      for (const event of [...this.waiting, ...fresh]) {
        const error = await this.tell(event, { attempt: round, redelivered: round > 1 }).catch(SolyxError.from);
        if (error) again.push(event);
      }
      this.waiting = again;
      if (fresh.length === 0) return;
    }
  }

  /** As a start of the service with these prices in its configuration. */
  async publishPrices(entries: readonly PriceEntry[] = ENTRIES): Promise<void> {
    const prices = { currency: 'USD' as const, effectiveFrom: LIST.effectiveFrom, entries };
    const process = new PublishPricesProcess(this.streams, { read: () => Promise.resolve(prices) }, this.clock);
    await process.publishOnce();
    await process.publishOnce();
  }

  /** What another service recorded. */
  async recorded(
    stream: string,
    event: DomainEvent,
    organizationId = ORGANIZATION,
    roles: readonly string[] = ['owner'],
  ): Promise<Recorded> {
    const tail = await this.events(stream);
    const id = deriveId(stream, tail.length);
    const metadata = {
      version: 1,
      organizationId,
      actor: { kind: 'key', id: 'key_1', roles },
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

  /** Once to each handler, and then what they recorded; throws what the handler throws. */
  async deliver(event: Recorded, delivery: Delivery = { attempt: 1, redelivered: false }): Promise<void> {
    await this.tell(event, delivery);
    await this.hearOwn();
  }

  private async tell(event: Recorded, delivery: Delivery): Promise<void> {
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
