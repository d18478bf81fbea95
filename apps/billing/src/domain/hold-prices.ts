import { METER_UNITS, type PriceBookEntry, type PriceEntry, type Pricing } from '@solyx/contracts';
import type { PriceKey, PriceList } from './price-list';
import { entryOf, type RateCard } from './rating/rate-card';

/** What a node is paid for by time; what egress costs says the route of a placement. */
const BY_TIME: readonly string[] = ['gpu', 'cpu', 'memory'];
/** As allocations are priced: a contract before the general price. */
const PRICINGS: readonly Pricing[] = ['contract', 'on-demand'];
const WHOLE_BPS = 10_000n;

/** The dearest tier, with what the standard class costs more, per GPU-hour, core-hour or GiB-hour, rounded up. */
function dearest({ meter, tiers, markups }: PriceBookEntry): bigint {
  const bps = WHOLE_BPS + BigInt(markups?.standard ?? 0);
  return tiers.reduce((most, { rateNumerator, rateDenominator }) => {
    const numerator = BigInt(rateNumerator) * METER_UNITS[meter].perPrice * bps;
    const denominator = BigInt(rateDenominator) * WHOLE_BPS;
    const price = (numerator + denominator - 1n) / denominator;
    return price > most ? price : most;
  }, 0n);
}

const isByTime = (meter: string): meter is 'gpu' | 'cpu' | 'memory' => BY_TIME.includes(meter);

/** All that the list or a book has a price for by time, each once. */
function subjects(list: PriceList, { books }: RateCard): Iterable<PriceKey> {
  const keys = new Map<string, PriceKey>();
  const add = ({ source, simulated, resource, gpuModel }: PriceKey): void => {
    keys.set(`${source}/${String(simulated)}/${resource}/${gpuModel}`, { source, simulated, resource, gpuModel });
  };
  for (const entry of list.entries) add(entry);
  for (const { meter, source, simulated, product } of books.flatMap(({ book }) => book.entries)) {
    if (isByTime(meter)) add({ source, simulated, resource: meter, gpuModel: product });
  }
  return keys.values();
}

/**
 * The list as an account pays it now, for what is set aside: where a contract or the general book has a price, that one, of
 * several tiers the dearest, and no discount, for nobody knows yet how much will be used.
 */
export function pricesToHold(list: PriceList, card: RateCard): PriceList {
  const entries = [...subjects(list, card)].flatMap((key): readonly PriceEntry[] => {
    const { source, simulated, resource, gpuModel } = key;
    const listed = list.entries.find(
      (entry) =>
        entry.source === source &&
        entry.simulated === simulated &&
        entry.resource === resource &&
        entry.gpuModel === gpuModel,
    );
    const found = isByTime(resource)
      ? entryOf(card, { meter: resource, source, simulated, product: gpuModel }, PRICINGS)
      : undefined;
    if (found) return [{ ...key, microUsdPerUnit: dearest(found.entry).toString() }];
    return listed ? [listed] : [];
  });
  return { ...list, entries };
}
