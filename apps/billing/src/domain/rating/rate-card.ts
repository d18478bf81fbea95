import {
  ANY_PRODUCT,
  METER_UNITS,
  type Meter,
  type PriceBook,
  type PriceBookEntry,
  type PriceTerms,
  type Pricing,
  type Quality,
  type QuoteSubject,
  type Source,
} from '@solyx/contracts';

/** One publication of a price book. */
export interface PriceBookVersion {
  readonly version: number;
  readonly book: PriceBook;
}

/** A quote that was accepted: usage that starts in [from, to) has its price. */
export interface FrozenQuote {
  readonly quoteId: string;
  readonly subject: QuoteSubject;
  readonly terms: PriceTerms;
  /** ISO 8601 UTC. */
  readonly from: string;
  readonly to: string;
}

/** Which book rates an account's usage from an instant on. */
export interface BookAssignment {
  readonly priceBookId: string;
  readonly effectiveFrom: string;
}

/** All prices that usage of one organization may have, whenever it began. */
export interface PriceHistory {
  readonly assignments: readonly BookAssignment[];
  /** Versions of each book, oldest first. */
  readonly books: ReadonlyMap<string, readonly PriceBookVersion[]>;
  /** Books for what the assigned one has no price for; the last has the list prices. */
  readonly general: readonly string[];
  readonly quotes: readonly FrozenQuote[];
}

/** Prices in force at one instant: the contract before what is general. */
export interface RateCard {
  readonly books: readonly PriceBookVersion[];
  readonly quotes: readonly FrozenQuote[];
}

/** The version for usage that starts at `at`; undefined before the first. Of equal dates the later publication wins. */
export const versionAt = (versions: readonly PriceBookVersion[], at: string): PriceBookVersion | undefined =>
  versions.findLast(({ book }) => book.effectiveFrom <= at);

/** Usage older than every price has the oldest price of the general books: nothing is used for nothing by accident. */
const oldest = (versions: readonly PriceBookVersion[]): PriceBookVersion | undefined => versions[0];

function cardOf({ assignments, books, general, quotes }: PriceHistory, at: string): RateCard {
  const assigned = assignments.findLast(({ effectiveFrom }) => effectiveFrom <= at);
  const own = assigned && versionAt(books.get(assigned.priceBookId) ?? [], at);
  const others = general
    .filter((id) => id !== assigned?.priceBookId)
    .map((id) => books.get(id) ?? [])
    .map((versions) => versionAt(versions, at) ?? oldest(versions));
  return { books: [own, ...others].filter((one) => one !== undefined), quotes };
}

/** Every instant from which other prices may be in force, ascending. */
const changesOf = ({ assignments, books }: PriceHistory): readonly string[] =>
  [
    ...new Set([
      ...assignments.map(({ effectiveFrom }) => effectiveFrom),
      ...[...books.values()].flatMap((versions) => versions.map(({ book }) => book.effectiveFrom)),
    ]),
  ].sort();

/**
 * The price card for each instant. Between two changes it is the same object, so that what is worked out for one usage
 * is kept for the next.
 */
export function rateCards(history: PriceHistory): (at: string) => RateCard {
  const changes = changesOf(history);
  const made: RateCard[] = [];
  return (at) => {
    let passed = changes.length;
    while (passed > 0 && (changes[passed - 1] ?? '') > at) passed -= 1;
    const known = made[passed];
    if (known) return known;
    const card = cardOf(history, at);
    made[passed] = card;
    return card;
  };
}

/** What a price is looked up by. */
export interface PriceSubject {
  readonly meter: Meter;
  readonly source: Source;
  readonly simulated: boolean;
  readonly product: string;
}

const keyOf = ({ meter, source, simulated, product }: PriceSubject, pricing: Pricing): string =>
  `${meter}/${source}/${simulated ? 'simulated' : 'real'}/${pricing}/${product}`;

/** The price of an entry is what this says of it: no two entries of a book may say the same. */
export const entryKeyOf = (entry: PriceBookEntry): string => keyOf(entry, entry.pricing);

const indexes = new WeakMap<PriceBook, ReadonlyMap<string, PriceBookEntry>>();

function indexOf(book: PriceBook): ReadonlyMap<string, PriceBookEntry> {
  const known = indexes.get(book);
  if (known) return known;
  const index = new Map(book.entries.map((entry) => [entryKeyOf(entry), entry]));
  indexes.set(book, index);
  return index;
}

export interface FoundEntry {
  readonly entry: PriceBookEntry;
  readonly from: PriceBookVersion;
}

/** The first price of these kinds, in their order; in each the contract's before the general, the named product's before any's. */
export function entryOf(
  { books }: RateCard,
  subject: PriceSubject,
  pricings: readonly Pricing[],
): FoundEntry | undefined {
  for (const pricing of pricings) {
    for (const from of books) {
      const index = indexOf(from.book);
      const entry =
        index.get(keyOf(subject, pricing)) ?? index.get(keyOf({ ...subject, product: ANY_PRODUCT }, pricing));
      if (entry) return { entry, from };
    }
  }
  return undefined;
}

const made = new WeakMap<PriceBookVersion, Map<string, PriceTerms>>();

/**
 * All of an entry that an amount depends on, for one quality. One object however often it is asked for, so that equal
 * prices are known to be equal without being compared.
 */
export function termsOf({ entry, from }: FoundEntry, quality: Quality): PriceTerms {
  let known = made.get(from);
  if (!known) {
    known = new Map();
    made.set(from, known);
  }
  const key = `${quality} ${entry.entryId}`;
  const terms = known.get(key) ?? newTerms(entry, from, quality);
  known.set(key, terms);
  return terms;
}

function newTerms(entry: PriceBookEntry, { version, book }: PriceBookVersion, quality: Quality): PriceTerms {
  const { entryId, meter, model, tiers, freeQuantity, discountBps = 0, markups } = entry;
  return {
    priceBookId: book.priceBookId,
    priceBookVersion: version,
    entryId,
    model,
    unit: METER_UNITS[meter].unit,
    tiers,
    ...(freeQuantity === undefined ? {} : { freeQuantity }),
    markupBps: markups?.[quality] ?? 0,
    discountBps,
  };
}
