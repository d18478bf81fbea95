import {
  ANY_PRODUCT,
  METER_UNITS,
  type ChargeKind,
  type Meter,
  type PriceTerms,
  type Pricing,
  type Quality,
  type Source,
} from '@solyx/contracts';
import { entryOf, termsOf, type FoundEntry, type FrozenQuote, type RateCard } from './rate-card';
import { kindOf, skuIdOf } from './sku';

/** Something that was used, in whole counted units of its meter. */
export interface MeteredUsage {
  readonly meter: Meter;
  readonly quantity: bigint;
  readonly project: string;
  readonly source: Source;
  readonly simulated: boolean;
  /** GPU model, AI model, storage class or ad category; empty where there is none. */
  readonly product: string;
  readonly pricing: Pricing;
  readonly quality: Quality;
  readonly resourceId?: string;
  /** The quote that it was used under, where the usage says so. */
  readonly quoteId?: string;
  /** ISO 8601 UTC: the prices in force here are its prices. */
  readonly from: string;
}

/** What is charged for it: the amount follows from `terms` and what the line has already (`nextTotal`). */
export interface RatedUsage {
  readonly skuId: string;
  readonly kind: ChargeKind;
  readonly pricing: Pricing;
  readonly quality: Quality;
  readonly quantity: bigint;
  readonly terms: PriceTerms;
  /** The list price, without contract, quote, discount or free units. */
  readonly listTerms: PriceTerms;
  /** What the owner of a shared GPU earns before the platform's fee; absent where that is what the customer pays. */
  readonly providerTerms?: PriceTerms;
}

export interface MissingPrice {
  readonly meter: Meter;
  readonly source: Source;
  readonly simulated: boolean;
  readonly product: string;
  readonly pricing: Pricing;
}

export type UsageRating =
  { readonly rated: true; readonly usage: RatedUsage } | { readonly rated: false; readonly missing: MissingPrice };

/** Where a price is looked for, first to last: work always has one, if only that of the list. */
const SOUGHT: Readonly<Record<Pricing, readonly Pricing[]>> = {
  'on-demand': ['contract', 'on-demand'],
  contract: ['contract', 'on-demand'],
  reserved: ['reserved', 'contract', 'on-demand'],
  spot: ['spot', 'contract', 'on-demand'],
  dynamic: ['dynamic', 'contract', 'on-demand'],
};

const LIST: readonly Pricing[] = ['on-demand'];

interface Priced {
  readonly skuId: string;
  readonly kind: ChargeKind;
  readonly pricing: Pricing;
  readonly terms: PriceTerms;
  readonly listTerms: PriceTerms;
  readonly providerTerms?: PriceTerms;
}

const withoutReductions = ({ freeQuantity: _free, ...terms }: PriceTerms): PriceTerms => ({ ...terms, discountBps: 0 });

function providerTermsOf({ entry }: FoundEntry, terms: PriceTerms): PriceTerms | undefined {
  if (!entry.providerRate || entry.source !== 'shared') return undefined;
  const { rateNumerator, rateDenominator } = entry.providerRate;
  return { ...withoutReductions(terms), model: 'flat', tiers: [{ rateNumerator, rateDenominator }], markupBps: 0 };
}

/** The list price is that of the last book that has one: contracts come before it. */
function listTermsOf(card: RateCard, usage: MeteredUsage, fallback: PriceTerms): PriceTerms {
  for (const book of card.books.toReversed()) {
    const found = entryOf({ books: [book], quotes: [] }, usage, LIST);
    if (found) return withoutReductions(termsOf(found, usage.quality));
  }
  return withoutReductions(fallback);
}

function price(usage: MeteredUsage, card: RateCard): Priced | undefined {
  const found = entryOf(card, usage, SOUGHT[usage.pricing]);
  if (!found) return undefined;
  const terms = termsOf(found, usage.quality);
  const { pricing } = found.entry;
  const providerTerms = providerTermsOf(found, terms);
  return {
    skuId: skuIdOf({ ...usage, pricing }),
    kind: kindOf(usage.meter),
    pricing,
    terms,
    listTerms: listTermsOf(card, usage, terms),
    ...(providerTerms === undefined ? {} : { providerTerms }),
  };
}

/** Work asked for at a spot price has spot quotes alone, all other work all others. */
const isOfKind = (quoted: Pricing, asked: Pricing): boolean => (asked === 'spot') === (quoted === 'spot');

const covers = ({ quoteId, subject, from, to }: FrozenQuote, usage: MeteredUsage): boolean =>
  from <= usage.from &&
  usage.from < to &&
  subject.meter === usage.meter &&
  subject.project === usage.project &&
  subject.source === usage.source &&
  subject.simulated === usage.simulated &&
  subject.product === usage.product &&
  (subject.quality ?? 'standard') === usage.quality &&
  (subject.resourceId === undefined || subject.resourceId === usage.resourceId) &&
  (usage.quoteId === undefined ? isOfKind(subject.pricing, usage.pricing) : usage.quoteId === quoteId);

/** Of several quotes that hold, the one accepted last; of those accepted at once, the last by id. */
function quoteFor(quotes: readonly FrozenQuote[], usage: MeteredUsage): FrozenQuote | undefined {
  let best: FrozenQuote | undefined;
  for (const quote of quotes) {
    if (!covers(quote, usage)) continue;
    const later = best === undefined || quote.from > best.from;
    if (later || (quote.from === best?.from && quote.quoteId > best.quoteId)) best = quote;
  }
  return best;
}

/** What a usage is looked up by, one map within the other: making a key of all of it takes longer than five look-ups. */
type Branch = Map<string, Branch | Leaf>;
interface Leaf {
  readonly priced: Priced | undefined;
}

/** Prices are looked up once for each card and kind of usage. Bounded by what is sold: models × sources × qualities. */
interface KnownPrices {
  readonly real: Branch;
  readonly simulated: Branch;
  count: number;
}

const prices = new WeakMap<RateCard, KnownPrices>();
const PRICES_MAX = 4_096;

function branchOf(branch: Branch, key: string): Branch {
  const known = branch.get(key) as Branch | undefined;
  if (known) return known;
  const fresh: Branch = new Map();
  branch.set(key, fresh);
  return fresh;
}

function pricesOf(card: RateCard): KnownPrices {
  const known = prices.get(card);
  if (known && known.count < PRICES_MAX) return known;
  const fresh = { real: new Map(), simulated: new Map(), count: 0 };
  prices.set(card, fresh);
  return fresh;
}

function priceOf(usage: MeteredUsage, card: RateCard): Priced | undefined {
  const all = pricesOf(card);
  const root = usage.simulated ? all.simulated : all.real;
  const ofSource = branchOf(branchOf(branchOf(root, usage.product), usage.meter), usage.source);
  const ofQuality = branchOf(ofSource, usage.quality);
  const known = ofQuality.get(usage.pricing) as Leaf | undefined;
  if (known) return known.priced;
  const priced = price(usage, card);
  ofQuality.set(usage.pricing, { priced });
  all.count += 1;
  return priced;
}

/** The price of the quote; what the list says and what the owner earns stay as they are. */
function quoted({ terms, subject: { pricing } }: FrozenQuote, usage: MeteredUsage, priced: Priced | undefined): Priced {
  const listTerms = priced?.listTerms ?? withoutReductions(terms);
  return { ...priced, skuId: skuIdOf({ ...usage, pricing }), kind: kindOf(usage.meter), pricing, terms, listTerms };
}

/** Named one by one: spreading an object for each of a million facts takes longer than all the rest. */
function ratedAs(priced: Priced, quality: Quality, quantity: bigint): UsageRating {
  const { skuId, kind, pricing, terms, listTerms, providerTerms } = priced;
  if (providerTerms === undefined) {
    return { rated: true, usage: { skuId, kind, pricing, quality, quantity, terms, listTerms } };
  }
  return { rated: true, usage: { skuId, kind, pricing, quality, quantity, terms, listTerms, providerTerms } };
}

/**
 * The price of what was used, by the card in force when it began: an accepted quote, else the contract, else the list.
 * Pure: the same usage and card give the same terms, in every order and at every time.
 */
export function rateUsage(used: MeteredUsage, card: RateCard): UsageRating {
  const usage = used.product === '' ? { ...used, product: ANY_PRODUCT } : used;
  const priced = priceOf(usage, card);
  const quote = card.quotes.length > 0 ? quoteFor(card.quotes, usage) : undefined;
  const { meter, source, simulated, product, pricing, quality, quantity } = usage;
  if (quote) return ratedAs(quoted(quote, usage, priced), quality, quantity);
  if (!priced) return { rated: false, missing: { meter, source, simulated, product, pricing } };
  return ratedAs(priced, quality, quantity);
}

/** A flat price agreed elsewhere than in a book: a route's, a quote's, a commitment's. Micro-USD per priced unit. */
export const agreedTerms = (
  meter: Meter,
  microUsdPerUnit: bigint,
  {
    priceBookId,
    version,
    entryId,
  }: { readonly priceBookId: string; readonly version: number; readonly entryId: string },
): PriceTerms => ({
  priceBookId,
  priceBookVersion: version,
  entryId,
  model: 'flat',
  unit: METER_UNITS[meter].unit,
  tiers: [{ rateNumerator: microUsdPerUnit.toString(), rateDenominator: METER_UNITS[meter].perPrice.toString() }],
  markupBps: 0,
  discountBps: 0,
});
