import { accept, canonicalJson, refuse, type Command, type Decider, type Refused } from '@solyx/kernel';
import { METER_UNITS, type PriceBook, type PriceBookEntry, type PriceBounds } from '@solyx/contracts';
import { PriceBookPublished, PriceObserved } from '@solyx/contracts/billing';
import { faultOfTiers } from './rating/amount';
import { LIST_BOOK_ID } from './rating/default-book';
import { entryKeyOf, type PriceBookVersion } from './rating/rate-card';

/** Versions kept for rating what began under them; older usage is rated by the oldest one kept. */
export const PRICE_BOOK_VERSIONS_MAX = 64;

export type PriceBookCommand =
  | Command<'PublishPriceBook', { readonly priceBook: PriceBook; readonly at: string }>
  | Command<'ObservePrice', Omit<PriceObserved['data'], 'priceMicroUsd'>>;
export type PriceBookEvent = PriceBookPublished | PriceObserved;
export type PriceBookRefusal = 'PriceListStale' | 'PriceInvalid' | 'NoPrice' | 'AlreadyExists';

export interface PriceBookState {
  /** Oldest first. */
  readonly versions: readonly PriceBookVersion[];
  /** The latest price of entries that follow the market, in micro-USD per priced unit. */
  readonly observed: Readonly<Record<string, string>>;
}

const integer = (text: string | undefined): bigint => BigInt(text ?? '0');

function faultOfBounds({ floorMicroUsd, ceilingMicroUsd, stepMicroUsd }: PriceBounds): string | undefined {
  if (integer(floorMicroUsd) < 0n) return 'the floor is below 0';
  if (integer(ceilingMicroUsd) < integer(floorMicroUsd)) return 'the ceiling is below the floor';
  return integer(stepMicroUsd) <= 0n ? 'a step is above 0' : undefined;
}

function faultOfEntry(entry: PriceBookEntry): string | undefined {
  const { model, tiers, freeQuantity, bounds, providerRate, pricing } = entry;
  if (integer(freeQuantity) < 0n) return 'a free quantity is not negative';
  if (bounds && pricing !== 'spot' && pricing !== 'dynamic') return 'only spot and dynamic prices have bounds';
  return (
    faultOfTiers(model, tiers) ??
    (bounds && faultOfBounds(bounds)) ??
    (providerRate && faultOfTiers('flat', [providerRate]))
  );
}

function faultOfRest({ bulkDiscounts, minimumMicroUsd, withdrawalFee }: PriceBook): string | undefined {
  let above = -1n;
  for (const step of bulkDiscounts) {
    if (integer(step.aboveMicroUsd) <= above) return 'bulk discounts begin at 0 or more and ascend';
    above = integer(step.aboveMicroUsd);
  }
  if (integer(minimumMicroUsd) < 0n) return 'a minimum is not negative';
  const { fixedMicroUsd, mostMicroUsd } = withdrawalFee ?? {};
  return integer(fixedMicroUsd) < 0n || integer(mostMicroUsd) < 0n ? 'a withdrawal fee is not negative' : undefined;
}

const firstTwice = (values: readonly string[]): string | undefined =>
  values.find((value, index) => values.indexOf(value) < index);

function refusalOf(book: PriceBook, last: PriceBookVersion | undefined): Refused<PriceBookRefusal> | undefined {
  const { priceBookId, entries, effectiveFrom } = book;
  if (priceBookId === LIST_BOOK_ID) return refuse('AlreadyExists', { priceBookId });
  if (entries.length === 0) return refuse('NoPrice', { entries: 0 });
  const twice = firstTwice(entries.map(({ entryId }) => entryId)) ?? firstTwice(entries.map(entryKeyOf));
  if (twice !== undefined) return refuse('AlreadyExists', { entry: twice });
  for (const entry of entries) {
    const fault = faultOfEntry(entry);
    if (fault !== undefined) return refuse('PriceInvalid', { entryId: entry.entryId, fault });
  }
  const fault = faultOfRest(book);
  if (fault !== undefined) return refuse('PriceInvalid', { priceBookId, fault });
  if (last && effectiveFrom < last.book.effectiveFrom) {
    return refuse('PriceListStale', { effectiveFrom, inForceFrom: last.book.effectiveFrom });
  }
  return undefined;
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** A market price as it is offered: at most one step from the one before, and within floor and ceiling. */
export function boundedPrice(bounds: PriceBounds, before: bigint, observed: bigint): bigint {
  const step = integer(bounds.stepMicroUsd);
  const stepped = most(before - step, least(before + step, observed));
  return most(integer(bounds.floorMicroUsd), least(integer(bounds.ceilingMicroUsd), stepped));
}

/** Micro-USD per priced unit that the first tier of an entry says, rounded down. */
export function listedPrice({ meter, tiers }: PriceBookEntry): bigint {
  const [first] = tiers;
  if (!first) return 0n;
  return (integer(first.rateNumerator) * METER_UNITS[meter].perPrice) / integer(first.rateDenominator);
}

/** The price of an entry now: what was observed last, within the bounds of today; without an observation the listed one. */
export function currentPrice(state: PriceBookState, entry: PriceBookEntry): bigint {
  const observed = state.observed[entry.entryId];
  const price = observed === undefined ? listedPrice(entry) : BigInt(observed);
  return entry.bounds ? boundedPrice(entry.bounds, price, price) : price;
}

const lastOf = ({ versions }: PriceBookState): PriceBookVersion | undefined => versions[versions.length - 1];

/** The prices of one book: each version follows the last and takes force no earlier; market prices move within bounds. */
export const priceBookDecider: Decider<PriceBookCommand, PriceBookState, PriceBookEvent, PriceBookRefusal> = {
  name: 'billing.priceBook',
  initial: { versions: [], observed: {} },

  decide({ type, data }, state) {
    const last = lastOf(state);
    if (type === 'PublishPriceBook') {
      if (last && canonicalJson(last.book) === canonicalJson(data.priceBook)) return accept();
      return (
        refusalOf(data.priceBook, last) ?? accept(PriceBookPublished({ ...data, version: (last?.version ?? 0) + 1 }))
      );
    }
    const entry = last?.book.entries.find(({ entryId }) => entryId === data.entryId);
    if (!entry?.bounds) return refuse('NoPrice', { entryId: data.entryId });
    const price = boundedPrice(entry.bounds, currentPrice(state, entry), BigInt(data.observedMicroUsd));
    return accept(PriceObserved({ ...data, priceMicroUsd: price.toString() }));
  },

  evolve(state, { type, data }) {
    if (type === 'billing.priceBook.price-observed') {
      return { ...state, observed: { ...state.observed, [data.entryId]: data.priceMicroUsd } };
    }
    const versions = [...state.versions, { version: data.version, book: data.priceBook }];
    const entries = new Set(data.priceBook.entries.map(({ entryId }) => entryId));
    const observed = Object.fromEntries(Object.entries(state.observed).filter(([entryId]) => entries.has(entryId)));
    return { versions: versions.slice(-PRICE_BOOK_VERSIONS_MAX), observed };
  },
};
