import {
  ANY_PRODUCT,
  METER_UNITS,
  SOURCES,
  type Meter,
  type PriceBookEntry,
  type QualityMarkups,
  type Source,
} from '@solyx/contracts';
import type { PriceList } from '../price-list';
import type { PriceBookVersion } from './rate-card';

/** The book that rates whoever has no other, and whatever a contract has no price for. */
export const DEFAULT_BOOK_ID = 'default';
/** The same prices as the simple list that the scheduler reckons with, and prices for all that it does not know. */
export const LIST_BOOK_ID = 'list';
/** No book: a price that the scheduler agreed on, as that of a route in its decision. */
export const ROUTE_BOOK_ID = 'route';
/** No book: the price that an advertiser agreed on for a campaign. */
export const CAMPAIGN_BOOK_ID = 'campaign';

/** Micro-USD per priced unit of what the simple list has no prices for. */
const OTHER_PRICES: readonly (readonly [Meter, string, bigint])[] = [
  ['token-input', ANY_PRODUCT, 500_000n],
  ['token-output', ANY_PRODUCT, 1_500_000n],
  ['token-cached', ANY_PRODUCT, 125_000n],
  ['storage', ANY_PRODUCT, 50_000n],
  ['impression', ANY_PRODUCT, 4_000_000n],
  ['click', ANY_PRODUCT, 250_000n],
];

/** Of inference: from a fifth more to twice the price. Time on a GPU costs the same in every class. */
const TOKEN_MARKUPS: QualityMarkups = { low: 2_000, standard: 4_000, high: 7_000, ultra: 10_000 };

const flat = (meter: Meter, microUsdPerUnit: string) => ({
  meter,
  pricing: 'on-demand' as const,
  model: 'flat' as const,
  tiers: [{ rateNumerator: microUsdPerUnit, rateDenominator: METER_UNITS[meter].perPrice.toString() }],
});

const otherEntries = (source: Source, simulated: boolean): readonly PriceBookEntry[] =>
  OTHER_PRICES.map(([meter, product, price]) => ({
    ...flat(meter, price.toString()),
    entryId: `${meter}/${source}/${simulated ? 'simulated' : 'real'}/${product}`,
    source,
    simulated,
    product,
    ...(METER_UNITS[meter].unit === 'token' ? { markups: TOKEN_MARKUPS } : {}),
  }));

const OTHERS = SOURCES.flatMap((source) => [false, true].flatMap((simulated) => otherEntries(source, simulated)));

const books = new WeakMap<PriceList, PriceBookVersion>();

/** The simple price list as a price book: what was charged by the list is charged the same by this. */
export function listBookOf(list: PriceList): PriceBookVersion {
  const known = books.get(list);
  if (known) return known;
  const entries = list.entries.map((entry) => ({
    ...flat(entry.resource, entry.microUsdPerUnit),
    entryId: `${entry.resource}/${entry.source}/${entry.simulated ? 'simulated' : 'real'}/${entry.gpuModel}`,
    source: entry.source,
    simulated: entry.simulated,
    product: entry.gpuModel,
  }));
  const book: PriceBookVersion = {
    version: list.version,
    book: {
      priceBookId: LIST_BOOK_ID,
      name: 'Price list',
      currency: 'USD',
      effectiveFrom: list.effectiveFrom,
      entries: [...entries, ...OTHERS],
      bulkDiscounts: [],
    },
  };
  books.set(list, book);
  return book;
}
