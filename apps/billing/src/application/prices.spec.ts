import type { PriceBook } from '@solyx/contracts';
import type {
  ChargePosted,
  PriceBookPublished,
  QuoteAccepted,
  QuoteIssued,
  RerateComputed,
} from '@solyx/contracts/billing';
import { ChargePosted as ChargePostedEvent, PriceBookAssigned, UsageOpened } from '@solyx/contracts/billing';
import {
  PriceBookRequested,
  PriceObservationRequested,
  QuoteAcceptanceRequested,
  QuoteRequested,
  RerateRequested,
} from '@solyx/contracts/gateway';
import { Streams, type EventHandlerMethod, eventSubscriptionsOf } from '@solyx/eventing';
import { deriveId, ManualClock, type DomainEvent, type Recorded } from '@solyx/kernel';
import { MemoryEventLog } from '@solyx/testing';
import { allocation, iso, ORGANIZATION, T0 } from '../test/fixtures';
import { book, entry, terms, tier } from '../test/prices';
import { fact, reading } from '../test/usage';
import { accountDecider } from '../domain/account';
import { AccountBooks } from './account-books';
import { ManagePricesHandler } from './manage-prices.handler';
import { PostedLines } from './posted-lines';
import { QUOTE_OPEN_MS, QuotePriceHandler } from './quote-price.handler';
import { RateCards } from './rate-cards';
import { ReratePeriodHandler } from './rerate-period.handler';

const HOUR = 3_600_000;
const ACTOR = { kind: 'service', id: 'billing', roles: [] } as const;
const bounds = { floorMicroUsd: '500000', ceilingMicroUsd: '2000000', stepMicroUsd: '300000' };
const spot = entry({ pricing: 'spot', bounds }, 1_000_000);
const standard = book({ priceBookId: 'default', entries: [entry(), spot] });
const acme = book({ priceBookId: 'acme', entries: [entry({ discountBps: 1_000 })] });
const asked = { requestId: 'req_1', fingerprint: 'f', at: iso(T0) };
const subject = {
  project: 'default',
  meter: 'gpu',
  pricing: 'spot',
  source: 'owned',
  simulated: false,
  product: 'H100',
} as const;

/** The handlers of prices over a log. */
class Shop {
  readonly clock = new ManualClock(T0);
  readonly log = new MemoryEventLog(this.clock);
  readonly streams = new Streams(this.log);
  private readonly cards = new RateCards(this.streams);
  private readonly handlers = [
    new ManagePricesHandler(this.streams),
    new QuotePriceHandler(this.streams, this.cards, new AccountBooks(this.streams)),
    new ReratePeriodHandler(this.streams, this.cards, new PostedLines(this.streams), this.clock),
  ];
  private count = 0;

  async record(
    stream: string,
    event: DomainEvent,
    roles: readonly string[] = ['owner', 'operator'],
  ): Promise<Recorded> {
    this.count += 1;
    const metadata = {
      version: event.type === ChargePostedEvent.type ? 2 : 1,
      organizationId: ORGANIZATION,
      actor: { kind: 'key', id: 'key_1', roles },
      $correlationId: 'request',
      $causationId: 'request',
    } as const;
    await this.log.append(stream, [{ id: deriveId(stream, this.count), ...event, metadata }], 'any');
    const all = await this.events(stream);
    return all[all.length - 1]!;
  }

  /** Recorded and told; told twice, because that may happen. */
  async hear(event: DomainEvent, roles?: readonly string[]): Promise<void> {
    const recorded = await this.record(`gateway.request-${this.count}`, event, roles);
    await this.tell(recorded, false);
    await this.tell(recorded, true);
  }

  async events(stream: string): Promise<readonly Recorded[]> {
    const found: Recorded[] = [];
    for await (const event of this.log.readStream(stream)) found.push(event);
    return found;
  }

  async all<E extends DomainEvent>(type: E['type']): Promise<readonly E['data'][]> {
    const found: E['data'][] = [];
    for await (const event of this.log.readAll()) if (event.type === type) found.push(event.data);
    return found;
  }

  async refusals(): Promise<readonly string[]> {
    const all = await this.all<DomainEvent<string, { readonly reason: string }>>('billing.command.refused');
    return all.map(({ reason }) => reason);
  }

  private async tell(event: Recorded, redelivered: boolean): Promise<void> {
    for (const handler of this.handlers) {
      for (const { types, method } of eventSubscriptionsOf(handler)) {
        if (!types.includes(event.type)) continue;
        const call = (handler as unknown as Record<string, EventHandlerMethod>)[method]!;
        await call.call(handler, event, { attempt: 1, redelivered });
      }
    }
  }
}

const publish = (priceBook: PriceBook) => PriceBookRequested({ ...asked, priceBook });
const quote = (quoteId: string, change: object = {}) =>
  QuoteRequested({ ...asked, quoteId, subject: { ...subject, ...change }, holdsSeconds: 3_600 });
const take = (quoteId: string, ms: number) => QuoteAcceptanceRequested({ ...asked, quoteId, at: iso(T0 + ms) });
const market = (observedMicroUsd: string) =>
  PriceObservationRequested({
    ...asked,
    priceBookId: 'default',
    entryId: spot.entryId,
    observedMicroUsd,
    reference: 'market',
  });

async function openShop(): Promise<Shop> {
  const shop = new Shop();
  await shop.hear(publish(standard));
  return shop;
}

describe('A price book that an operator asks for', () => {
  it('is published once', async () => {
    const shop = await openShop();
    await shop.hear(publish({ ...standard, name: 'Next' }));
    const published = await shop.all<PriceBookPublished>('billing.priceBook.published');
    expect(published.map(({ version }) => version)).toEqual([1, 2]);
  });

  it('is refused with the reason', async () => {
    const shop = new Shop();
    await shop.hear(publish({ ...standard, entries: [] }));
    expect(await shop.refusals()).toEqual(['NoPrice']);
  });

  it('is not for customers to change', async () => {
    await expect(new Shop().hear(publish(standard), ['owner'])).rejects.toMatchObject({ code: 'PermissionDenied' });
    await expect(new Shop().hear(market('1'), ['owner'])).rejects.toMatchObject({ code: 'PermissionDenied' });
  });
});

describe('A quote', () => {
  it('has the price of the market, which moves by one step for one observation told twice', async () => {
    const shop = await openShop();
    await shop.hear(market('5000000'));
    await shop.hear(quote('q1'));
    const [issued] = await shop.all<QuoteIssued>('billing.quote.issued');
    expect(issued).toMatchObject({
      quoteId: 'q1',
      organizationId: ORGANIZATION,
      expiresAt: iso(T0 + QUOTE_OPEN_MS),
      terms: { entryId: 'q1', priceBookId: 'default', tiers: [tier(1_300_000, 3_600_000_000)] },
    });
  });

  it('is frozen once it is taken, whatever the market does then', async () => {
    const shop = await openShop();
    await shop.hear(quote('q1'));
    await shop.hear(take('q1', 1_000));
    await shop.hear(market('2000000'));
    const [accepted] = await shop.all<QuoteAccepted>('billing.quote.accepted');
    expect(accepted).toMatchObject({ quoteId: 'q1', from: iso(T0 + 1_000), to: iso(T0 + 1_000 + HOUR) });
    expect(await shop.all('billing.quote.accepted')).toHaveLength(1);
  });

  it('is taken in time, by who may, and only where there is a price', async () => {
    const shop = await openShop();
    await shop.hear(quote('q1'));
    await shop.hear(take('q1', QUOTE_OPEN_MS));
    await shop.hear(quote('q2', { product: 'H100', pricing: 'dynamic' }));
    await shop.hear(take('q3', 0));
    expect([...(await shop.refusals())].sort()).toEqual(['NoPrice', 'QuoteExpired', 'QuoteUnknown']);
    await expect(shop.hear(take('q1', 0), ['viewer'])).rejects.toMatchObject({ code: 'PermissionDenied' });
  });

  it('goes by the contract of the organization', async () => {
    const shop = await openShop();
    await shop.hear(publish(acme));
    const assigned = { organizationId: ORGANIZATION, priceBookId: 'acme', effectiveFrom: iso(0), at: iso(T0) };
    await shop.record(`billing.account-${ORGANIZATION}`, PriceBookAssigned(assigned));
    await shop.hear(quote('q1', { pricing: 'on-demand' }));
    const [issued] = await shop.all<QuoteIssued>('billing.quote.issued');
    expect(issued?.terms).toMatchObject({ priceBookId: 'acme', discountBps: 1_000 });
  });
});

describe('What a past period would have cost', () => {
  const line = (change: object = {}) => ({
    ...({ kind: 'gpu', description: '', source: 'owned', simulated: false, nodeId: 'n1', gpuModel: 'H100' } as const),
    ...{ quantity: '3600000000', unit: 'milli-gpu-ms', from: iso(T0), to: iso(T0 + HOUR) },
    ...{
      rateNumerator: '2300000',
      rateDenominator: '3600000000',
      amountMicroUsd: '2300000',
      eventIds: [],
      positions: [],
    },
    ...{ lineKey: 'line_1', skuId: 'gpu/owned/H100/on-demand/standard', terms: terms() },
    ...change,
  });
  const charge = (change: Partial<ChargePosted['data']> = {}): ChargePosted =>
    ChargePostedEvent({
      ...{ chargeId: 'chg', organizationId: ORGANIZATION, project: 'default', resource: { kind: 'job', id: 'job_1' } },
      ...{ period: '2026-01', lines: [line()], postings: [], totalMicroUsd: '2300000', at: iso(T0 + HOUR) },
      ...change,
    });
  const ask = (change: object = {}) =>
    RerateRequested({ ...asked, accountId: ORGANIZATION, period: '2026-01', priceBookId: 'acme', ...change });
  const account = `billing.account-${ORGANIZATION}`;

  async function charged(...charges: readonly ChargePosted[]): Promise<Shop> {
    const shop = await openShop();
    await shop.hear(publish(acme));
    for (const one of charges) await shop.record(account, one);
    return shop;
  }
  const answers = (shop: Shop) => shop.all<RerateComputed>('billing.rerate.computed');

  it('is answered once, line by line, and nothing is posted', async () => {
    const shop = await charged(charge(), charge({ chargeId: 'chg_2' }));
    await shop.hear(ask());
    expect(await answers(shop)).toEqual([
      {
        ...{ requestId: 'req_1', organizationId: ORGANIZATION, period: '2026-01', priceBookId: 'acme', charges: 2 },
        lines: [
          {
            ...{ project: 'default', skuId: 'gpu/owned/H100/on-demand/standard', unit: 'milli-gpu-ms' },
            ...{ quantity: '7200000000', postedMicroUsd: '4600000', reratedMicroUsd: '4140000' },
          },
        ],
        ...{ linesLeftOut: 0, linesWithoutPrice: 0, postedMicroUsd: '4600000', reratedMicroUsd: '4140000' },
        ...{ posted: false, at: iso(T0) },
      },
    ]);
    expect(await shop.all('billing.account.charge-posted')).toHaveLength(2);
  });

  it('counts the charges of the period alone, and what corrects them', async () => {
    const other = charge({ period: '2026-02' });
    const correction = charge({
      period: '2026-02',
      correctsPeriod: '2026-01',
      lines: [
        line({ quantity: '-3600000000', amountMicroUsd: '-2300000', lineKey: 'line_9', correctsLineKey: 'line_1' }),
      ],
    });
    const shop = await charged(charge(), charge(), other, correction);
    await shop.hear(ask());
    const [answer] = await answers(shop);
    expect(answer).toMatchObject({ charges: 3, postedMicroUsd: '2300000', reratedMicroUsd: '2070000' });
    expect(answer?.lines).toHaveLength(1);
  });

  it('goes by the prices of the grant: what was placed under a price keeps it', async () => {
    const shop = await openShop();
    const half = HOUR / 2;
    await shop.hear(publish({ ...acme, effectiveFrom: iso(T0) }));
    await shop.hear(publish({ ...acme, effectiveFrom: iso(T0 + half), entries: [entry()] }));
    const held = allocation({ grantedAt: iso(T0) });
    await shop.record(account, UsageOpened({ allocation: held, eventId: 'e', position: '1', at: iso(T0) }));
    const slice = { lines: [line({ from: iso(T0 + half) })], allocationId: held.allocationId };
    await shop.record(account, charge(slice));
    await shop.record(account, charge({ ...slice, allocationId: 'unknown' }));
    await shop.hear(ask());
    // The first was granted under the discount; of the other no grant is known, so its own beginning counts.
    expect((await answers(shop))[0]).toMatchObject({ reratedMicroUsd: String(2_070_000 + 2_300_000) });
  });

  it('reads lines of the first version too', async () => {
    const { lineKey: _key, skuId: _sku, terms: _terms, ...old } = line();
    const shop = await charged(charge({ lines: [old] }));
    await shop.hear(ask());
    expect((await answers(shop))[0]).toMatchObject({ postedMicroUsd: '2300000', reratedMicroUsd: '2070000' });
  });

  it('is refused for a book that does not exist, and answered for the simple list', async () => {
    const shop = await charged();
    await shop.hear(ask({ priceBookId: 'nothing' }));
    expect(await shop.refusals()).toEqual(['NoPrice']);
    await shop.hear(ask({ priceBookId: 'list', requestId: 'req_2' }));
    expect(await answers(shop)).toMatchObject([{ charges: 0, postedMicroUsd: '0', lines: [] }]);
  });

  it('is posted as a linked correction, once, where an operator asks for that', async () => {
    const shop = await openShop();
    await shop.hear(publish(acme));
    const usage = reading([fact({ meter: 'gpu', unit: 'milli-gpu-ms', quantity: '3600000000', model: 'H100' })]);
    const context = {
      commandId: 'c',
      organizationId: ORGANIZATION,
      actor: ACTOR,
      correlationId: 'c',
      causationId: 'c',
    };
    await shop.streams.transact(accountDecider, ORGANIZATION, { type: 'RateUsage', data: usage }, context);
    await expect(shop.hear(ask({ post: true }), ['owner'])).rejects.toMatchObject({ code: 'PermissionDenied' });
    await shop.hear(ask({ post: true, requestId: 'req_2' }));
    expect(await answers(shop)).toMatchObject([
      { postedMicroUsd: '2300000', reratedMicroUsd: '2070000', posted: true, charges: 1 },
    ]);
    const charges = await shop.all<ChargePosted>('billing.account.charge-posted');
    expect(charges.map(({ totalMicroUsd }) => totalMicroUsd)).toEqual(['2300000', '-230000']);
    expect(charges[1]?.lines[0]?.correctsLineKey).toBe(charges[0]?.lines[0]?.lineKey);
    await shop.hear(ask({ requestId: 'req_3' }));
    expect((await answers(shop))[1]).toMatchObject({ postedMicroUsd: '2070000', reratedMicroUsd: '2070000' });
  });

  it('is not posted while the account has something else than what was read', async () => {
    const { lineKey: _key, skuId: _sku, terms: _terms, ...old } = line();
    const shop = await charged(charge({ lines: [old] }));
    await expect(shop.hear(ask({ post: true }))).rejects.toMatchObject({ code: 'Unavailable' });
    expect(await shop.all('billing.account.charge-posted')).toHaveLength(1);
  });

  it('is for the account itself, and for operators', async () => {
    const shop = await charged(charge());
    await expect(shop.hear(ask({ accountId: 'other' }), ['owner'])).rejects.toMatchObject({ code: 'PermissionDenied' });
    await shop.hear(ask({ accountId: 'other' }), ['operator']);
    expect(await answers(shop)).toMatchObject([{ organizationId: 'other', charges: 0 }]);
    await shop.hear(ask({ requestId: 'req_2' }), ['viewer']);
    expect(await answers(shop)).toHaveLength(2);
  });
});
