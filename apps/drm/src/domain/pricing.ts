import type { PriceEntry } from '@solyx/contracts';
import { divideHalfEven } from '@solyx/kernel';
import { WHOLE_GPU } from './capacity';
import type { PartitionState } from './partition-state';

/** The part of a node that is priced. */
export interface Wanted {
  readonly gpuMilli: number;
  readonly cpuMilli: number;
  readonly memoryMiB: number;
}

export interface SharePrice {
  /** Micro-USD per hour of the share. */
  readonly perHour: bigint;
  /** Micro-USD per hour of one whole GPU; 0 where no GPU is held. */
  readonly perGpuHour: bigint;
}

/** What kind of node, for the price list. */
export interface PriceClass {
  readonly source: PriceEntry['source'];
  readonly simulated: boolean;
  /** Empty where no GPU is held. */
  readonly gpuModel: string;
}

const NO_PRICES: readonly PriceEntry[] = [];

/** The entries in force at a time: of the newest list whose time has come. */
export function pricesAt(state: PartitionState, at: string): readonly PriceEntry[] {
  for (let i = state.prices.length - 1; i >= 0; i -= 1) {
    const list = state.prices[i];
    if (list && list.at <= at) return list.entries;
  }
  return NO_PRICES;
}

/** The most specific entry wins: the model before `*`. */
function unitPrice(
  entries: readonly PriceEntry[],
  resource: PriceEntry['resource'],
  { source, simulated, gpuModel }: PriceClass,
): bigint | undefined {
  let found: PriceEntry | undefined;
  for (const entry of entries) {
    if (entry.resource !== resource || entry.source !== source || entry.simulated !== simulated) continue;
    if (entry.gpuModel === gpuModel) return BigInt(entry.microUsdPerUnit);
    if (entry.gpuModel === '*') found = entry;
  }
  return found && BigInt(found.microUsdPerUnit);
}

const CORE_MILLI = 1000n;
const GIB = 1024n;

/** What the customer pays for a share, each resource rounded once; undefined where a price is missing. */
export function priceOf(entries: readonly PriceEntry[], of: PriceClass, wanted: Wanted): SharePrice | undefined {
  const parts: readonly (readonly [PriceEntry['resource'], number, bigint])[] = [
    ['gpu', wanted.gpuMilli, BigInt(WHOLE_GPU)],
    ['cpu', wanted.cpuMilli, CORE_MILLI],
    ['memory', wanted.memoryMiB, GIB],
  ];
  let perHour = 0n;
  let perGpuHour = 0n;
  for (const [resource, quantity, unit] of parts) {
    if (quantity === 0) continue;
    const price = unitPrice(entries, resource, of);
    if (price === undefined) return undefined;
    if (resource === 'gpu') perGpuHour = price;
    perHour += divideHalfEven(BigInt(quantity) * price, unit);
  }
  return { perHour, perGpuHour };
}
