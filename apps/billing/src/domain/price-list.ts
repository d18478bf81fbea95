import { accept, canonicalJson, refuse, type Command, type Decider, type Rate } from '@solyx/kernel';
import type { PriceEntry, Source } from '@solyx/contracts';
import { PriceListPublished } from '@solyx/contracts/billing';

/** Lists kept for rating what began under them; older usage is rated by the oldest one kept. */
export const PRICE_LISTS_MAX = 64;
export const ANY_MODEL = '*';

export type PriceListCommand = Command<'PublishPriceList', Omit<PriceListPublished['data'], 'version'>>;
export type PriceListEvent = PriceListPublished;
export type PriceListRefusal = 'PriceListStale' | 'NoPrice' | 'AlreadyExists';

export interface PriceList {
  readonly version: number;
  /** ISO 8601 UTC, inclusive. */
  readonly effectiveFrom: string;
  readonly entries: readonly PriceEntry[];
}

/** All lists, oldest first. */
export interface PriceLists {
  readonly lists: readonly PriceList[];
}

/** What is asked of a list. CPU, memory and egress may be dearer beside a certain GPU, so they have a model too. */
export interface PriceKey {
  readonly source: Source;
  readonly simulated: boolean;
  readonly resource: PriceEntry['resource'];
  readonly gpuModel: string;
}

const keyOf = ({ source, simulated, resource, gpuModel }: PriceKey): string =>
  `${source}/${simulated ? 'simulated' : 'real'}/${resource}/${gpuModel}`;

/** A list is an object that never changes, so its index is made once. */
const indexes = new WeakMap<readonly PriceEntry[], ReadonlyMap<string, bigint>>();

function indexOf(entries: readonly PriceEntry[]): ReadonlyMap<string, bigint> {
  const known = indexes.get(entries);
  if (known) return known;
  const index = new Map(entries.map((entry) => [keyOf(entry), BigInt(entry.microUsdPerUnit)]));
  indexes.set(entries, index);
  return index;
}

/** Micro-USD per unit; the model's own entry before the one for any model. */
export function priceOf(list: PriceList, key: PriceKey): bigint | undefined {
  const index = indexOf(list.entries);
  return index.get(keyOf(key)) ?? index.get(keyOf({ ...key, gpuModel: ANY_MODEL }));
}

/** The list in force at an instant; before the first one, the first. */
export function listInForce({ lists }: PriceLists, at: string): PriceList | undefined {
  return lists.findLast(({ effectiveFrom }) => effectiveFrom <= at) ?? lists[0];
}

const MILLI_PER_UNIT = 1_000n;
const MIB_PER_GIB = 1_024n;
const MS_PER_HOUR = 3_600_000n;

/** Units in which usage is counted, and how many of them a price is for. */
export const UNITS = {
  gpu: { unit: 'milli-gpu-ms', perPrice: MILLI_PER_UNIT * MS_PER_HOUR },
  cpu: { unit: 'milli-core-ms', perPrice: MILLI_PER_UNIT * MS_PER_HOUR },
  memory: { unit: 'mib-ms', perPrice: MIB_PER_GIB * MS_PER_HOUR },
  egress: { unit: 'gib', perPrice: 1n },
} as const satisfies Record<PriceEntry['resource'], { unit: string; perPrice: bigint }>;

/** Micro-USD per counted unit, exactly: $2 per GPU-hour is 2,000,000 / 3,600,000,000 per milli-GPU-millisecond. */
export const rateOf = (resource: PriceEntry['resource'], microUsdPerUnit: bigint): Rate => ({
  numerator: microUsdPerUnit,
  denominator: UNITS[resource].perPrice,
});

/** Prices customers pay. A new list follows the last one and takes force no earlier. */
export const priceListDecider: Decider<PriceListCommand, PriceLists, PriceListEvent, PriceListRefusal> = {
  name: 'billing.priceList',
  initial: { lists: [] },
  decide({ data }, { lists }) {
    const { entries, effectiveFrom } = data;
    const last = lists[lists.length - 1];
    if (last && canonicalJson(last.entries) === canonicalJson(entries)) return accept();
    if (entries.length === 0) return refuse('NoPrice', { entries: 0 });
    const negative = entries.find(({ microUsdPerUnit }) => BigInt(microUsdPerUnit) < 0n);
    if (negative) return refuse('NoPrice', { entry: keyOf(negative), microUsdPerUnit: negative.microUsdPerUnit });
    const twice = entries.find((entry, index) => entries.findIndex((other) => keyOf(other) === keyOf(entry)) < index);
    if (twice) return refuse('AlreadyExists', { entry: keyOf(twice) });
    if (last && effectiveFrom < last.effectiveFrom) {
      return refuse('PriceListStale', { effectiveFrom, inForceFrom: last.effectiveFrom });
    }
    return accept(PriceListPublished({ ...data, version: (last?.version ?? 0) + 1 }));
  },
  evolve: ({ lists }, { data: { version, effectiveFrom, entries } }) => ({
    lists: [...lists, { version, effectiveFrom, entries }].slice(-PRICE_LISTS_MAX),
  }),
};
