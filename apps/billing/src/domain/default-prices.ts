import type { PriceEntry, Source } from '@solyx/contracts';
import { ANY_MODEL } from './price-list';

/** Micro-USD per GPU-hour of an owned GPU. */
const GPU_HOUR: Readonly<Record<string, number>> = {
  H200: 3_200_000,
  H100: 2_300_000,
  A100: 1_400_000,
  L40S: 900_000,
  L4: 550_000,
  RTX4090: 400_000,
  [ANY_MODEL]: 1_000_000,
};

/** Customers pay more for what we rent, and less for what others share, in percent of the owned price. */
const PERCENT: Readonly<Record<Source, number>> = { owned: 100, leased: 120, shared: 70 };

/** Per core-hour and per GiB-hour of memory. */
const CORE_HOUR = 20_000;
const GIB_HOUR = 2_500;
/** Dearest egress per GiB that a hold reckons with; the line itself costs what the route in the decision says. */
const EGRESS_GIB = 100_000;

const pricesOf = (source: Source, simulated: boolean): readonly PriceEntry[] => {
  const entry = (resource: PriceEntry['resource'], gpuModel: string, price: number): PriceEntry => ({
    source,
    simulated,
    resource,
    gpuModel,
    microUsdPerUnit: Math.trunc(price).toString(),
  });
  const scaled = (price: number): number => (price * PERCENT[source]) / 100;
  return [
    ...Object.entries(GPU_HOUR).map(([model, price]) => entry('gpu', model, scaled(price))),
    entry('cpu', ANY_MODEL, scaled(CORE_HOUR)),
    entry('memory', ANY_MODEL, scaled(GIB_HOUR)),
    entry('egress', ANY_MODEL, EGRESS_GIB),
  ];
};

/** The built-in list: every source, real and simulated at the same price, so that a rehearsal shows the real bill. */
export const DEFAULT_PRICES: readonly PriceEntry[] = (['owned', 'leased', 'shared'] as const).flatMap((source) =>
  [false, true].flatMap((simulated) => pricesOf(source, simulated)),
);
