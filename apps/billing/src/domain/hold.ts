import { SOURCES, type JobSpec, type PriceEntry, type Source } from '@solyx/contracts';
import { priceOf, rateOf, type PriceList } from './price-list';

const MS_PER_SECOND = 1_000n;

const ceilDivide = (numerator: bigint, denominator: bigint): bigint => (numerator + denominator - 1n) / denominator;

const greatest = (prices: readonly bigint[]): bigint | undefined =>
  prices.reduce<bigint | undefined>((most, price) => (most === undefined || price > most ? price : most), undefined);

/** The dearest price that the job may get from this source: beside its GPU model, or beside any. */
function worstPrice(spec: JobSpec, source: Source, resource: PriceEntry['resource'], list: PriceList) {
  const { simulated } = spec.placement;
  const { gpuModel } = spec.resources;
  const worst =
    gpuModel !== undefined
      ? priceOf(list, { source, simulated, resource, gpuModel })
      : greatest(
          list.entries
            .filter((entry) => entry.source === source && entry.simulated === simulated && entry.resource === resource)
            .map(({ microUsdPerUnit }) => BigInt(microUsdPerUnit)),
        );
  const cap = spec.limits.maxPriceMicroUsdPerGpuHour;
  if (resource !== 'gpu' || worst === undefined || cap === undefined) return worst;
  // What is dearer than the job allows is never placed.
  return BigInt(cap) < worst ? BigInt(cap) : worst;
}

/** The most that one attempt can cost on this source; undefined where the list has no price for it. */
function worstOf(spec: JobSpec, source: Source, list: PriceList): bigint | undefined {
  const { resources, nodes, limits, data } = spec;
  const ms = BigInt(limits.maxRuntimeSeconds) * MS_PER_SECOND;
  const gib = data.reduce((sum, { sizeGiB }) => sum + BigInt(sizeGiB), 0n);
  const parts = [
    { resource: 'gpu', quantity: BigInt(resources.gpus * resources.gpuMilli) * ms, times: BigInt(nodes) },
    { resource: 'cpu', quantity: BigInt(resources.cpuMilli) * ms, times: BigInt(nodes) },
    { resource: 'memory', quantity: BigInt(resources.memoryMiB) * ms, times: BigInt(nodes) },
    { resource: 'egress', quantity: gib, times: 1n },
  ] as const;
  let total = 0n;
  for (const { resource, quantity, times } of parts) {
    if (quantity === 0n) continue;
    const price = worstPrice(spec, source, resource, list);
    if (price === undefined) return undefined;
    const { numerator, denominator } = rateOf(resource, price);
    total += ceilDivide(quantity * numerator, denominator) * times;
  }
  return total;
}

/**
 * Micro-USD to set aside for a job: its own budget, else the dearest allowed price × maximum runtime × resources, each
 * part rounded up, with its data moved once. Undefined where no allowed source has a price for all it asks for.
 */
export function holdFor(spec: JobSpec, list: PriceList): bigint | undefined {
  if (spec.limits.budgetMicroUsd !== undefined) return BigInt(spec.limits.budgetMicroUsd);
  const sources = spec.placement.sources.length > 0 ? spec.placement.sources : SOURCES;
  return greatest(sources.map((source) => worstOf(spec, source, list)).filter((worst) => worst !== undefined));
}
