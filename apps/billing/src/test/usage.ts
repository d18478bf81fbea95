import type { ChargeLine, UsageFact } from '@solyx/contracts';
import type { ChargePosted, UsageRecorded } from '@solyx/contracts/billing';
import type { DomainEvent } from '@solyx/kernel';
import type { Prices } from '../domain/account-charge';
import type { RateUsage } from '../domain/account-usage';
import { meterIdOf, meterStreamOf } from '../domain/meter';
import type { PriceList } from '../domain/price-list';
import { LIST_BOOK_ID, listBookOf } from '../domain/rating/default-book';
import { rateCards, type PriceBookVersion } from '../domain/rating/rate-card';
import { iso, LIST, ORGANIZATION, T0 } from './fixtures';

/** Prices of the simple list, and of books beside it. */
export function pricesOf(
  list: PriceList = LIST,
  books: readonly PriceBookVersion[] = [],
  feeBps: (at: string) => number = () => 300,
): Prices {
  const byId = new Map<string, PriceBookVersion[]>([[LIST_BOOK_ID, [listBookOf(list)]]]);
  for (const one of books) {
    const { priceBookId } = one.book;
    byId.set(priceBookId, [...(byId.get(priceBookId) ?? []), one]);
  }
  const assignments = [...byId.keys()]
    .filter((priceBookId) => priceBookId !== LIST_BOOK_ID)
    .map((priceBookId) => ({ priceBookId, effectiveFrom: '2000-01-01T00:00:00.000Z' }));
  const cardAt = rateCards({ assignments, books: byId, general: [LIST_BOOK_ID], quotes: [] });
  return { cardAt, feeBpsAt: (_, at) => feeBps(at), listVersionAt: () => list.version };
}

export const fact = (change: Partial<UsageFact> = {}): UsageFact => ({
  usageId: 'use_1',
  resource: { kind: 'endpoint', id: 'ep_1' },
  meter: 'token-input',
  quantity: '1000',
  unit: 'token',
  from: iso(T0),
  to: iso(T0),
  source: 'owned',
  simulated: false,
  model: 'llama',
  pricing: 'on-demand',
  quality: 'standard',
  project: 'default',
  ...change,
});

export const METER = 'gw';

/** What a meter recorded, as the account is told of it. */
export function reading(facts: readonly UsageFact[], revision = 0, prices: Prices = pricesOf()): RateUsage {
  const from = facts[0]?.from ?? iso(T0);
  const stream = meterStreamOf(meterIdOf(ORGANIZATION, METER, from));
  const recorded: UsageRecorded['data'] = {
    ...{ meterId: METER, organizationId: ORGANIZATION, day: stream.slice(-8), facts, eventId: 'report', at: from },
  };
  return { stream, revision, recorded, eventId: `recorded-${revision}`, position: String(100 + revision), prices };
}

export const chargesIn = (events: Iterable<DomainEvent>): readonly ChargePosted['data'][] =>
  [...events].flatMap(({ type, data }) =>
    type === 'billing.account.charge-posted' ? [data as ChargePosted['data']] : [],
  );

export interface BillLine {
  readonly quantity: bigint;
  readonly amount: bigint;
}

/** What an invoice would say: quantity and amount by line, corrections under the line that they correct. */
export function billOf(charges: readonly ChargePosted['data'][]): ReadonlyMap<string, BillLine> {
  const bill = new Map<string, BillLine>();
  for (const line of charges.flatMap(({ lines }) => lines)) {
    const key = line.correctsLineKey ?? line.lineKey ?? '';
    const { quantity, amount } = bill.get(key) ?? { quantity: 0n, amount: 0n };
    bill.set(key, { quantity: quantity + BigInt(line.quantity), amount: amount + BigInt(line.amountMicroUsd) });
  }
  return bill;
}

/** The same, as text that compares. */
export const billText = (charges: readonly ChargePosted['data'][]): readonly string[] =>
  [...billOf(charges)]
    .filter(([, { quantity }]) => quantity !== 0n)
    .map(([key, { quantity, amount }]) => `${key} ${quantity} ${amount}`)
    .sort();

export const linesOf = (charges: readonly ChargePosted['data'][]): readonly ChargeLine[] =>
  charges.flatMap(({ lines }) => lines);
