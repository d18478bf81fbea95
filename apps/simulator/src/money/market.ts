import type { Offer, Procurement } from '@solyx/contracts';

/** One row of a price list: a kind of node somewhere. */
export interface PriceRow {
  readonly provider: string;
  readonly instance: string;
  readonly region: string;
  readonly gpus: number;
  readonly cpus: number;
  readonly memoryGiB: number;
  /** USD per hour of the whole node, as text. */
  readonly usdPerHour: string;
  readonly spotUsdPerHour: string | undefined;
}

/** What price lists do not say of a provider. Assumed, and told with the result. */
export interface ProviderTerms {
  readonly minimumSeconds: number;
  readonly billingUnitSeconds: number;
  readonly bootSeconds: number;
  /** Per mille an hour. */
  readonly eviction: number;
  readonly spotEviction: number;
  /** Nodes of each kind on offer. */
  readonly available: number;
}

export const TERMS: Readonly<Record<string, ProviderTerms>> = {
  vast: { minimumSeconds: 60, billingUnitSeconds: 1, bootSeconds: 480, eviction: 15, spotEviction: 60, available: 3 },
  verda: {
    minimumSeconds: 600,
    billingUnitSeconds: 600,
    bootSeconds: 240,
    eviction: 1,
    spotEviction: 80,
    available: 6,
  },
  nebius: { minimumSeconds: 60, billingUnitSeconds: 60, bootSeconds: 240, eviction: 1, spotEviction: 50, available: 4 },
  lambda: {
    minimumSeconds: 3_600,
    billingUnitSeconds: 60,
    bootSeconds: 300,
    eviction: 1,
    spotEviction: 50,
    available: 4,
  },
  runpod: { minimumSeconds: 60, billingUnitSeconds: 1, bootSeconds: 150, eviction: 5, spotEviction: 60, available: 4 },
  aws: { minimumSeconds: 60, billingUnitSeconds: 1, bootSeconds: 180, eviction: 0, spotEviction: 50, available: 64 },
};

/** Micro-USD per GiB brought there from home, by the first letters of the region: the same continent, or another one. */
export const egressOf = (region: string): bigint => (/^(eu-|FIN|DE|SI|NO|SE)/.test(region) ? 10_000n : 50_000n);

const microOf = (usd: string): bigint => BigInt(Math.round(Number(usd) * 1_000_000));

/** The rows as offers, on demand and spot apart; those of providers without terms are left out. */
export function offersOf(rows: readonly PriceRow[], observedAt: string): readonly Offer[] {
  return rows.flatMap((row, place) => {
    const terms = TERMS[row.provider];
    if (!terms) return [];
    const base = {
      provider: row.provider,
      source: 'leased' as const,
      simulated: true,
      executor: 'simulated' as const,
      site: `${row.provider}-${row.region}`,
      region: row.region,
      gpuModel: 'H100',
      gpuMemoryMiB: 81_559,
      gpusPerNode: row.gpus,
      cpuMilli: row.cpus * 1_000,
      memoryMiB: row.memoryGiB * 1_024,
      available: terms.available,
      minimumSeconds: terms.minimumSeconds,
      billingUnitSeconds: terms.billingUnitSeconds,
      bootSeconds: terms.bootSeconds,
      observedAt,
      freshUntil: observedAt,
    };
    const offer = (kind: string, usd: string, evictionPerMilleHour: number): Offer => ({
      ...base,
      offerId: `${String(place).padStart(4, '0')}-${row.provider}-${row.instance}-${row.region}-${kind}`,
      priceMicroUsdPerHour: String(microOf(usd)),
      evictionPerMilleHour,
    });
    const onDemand = offer('on-demand', row.usdPerHour, terms.eviction);
    return row.spotUsdPerHour === undefined
      ? [onDemand]
      : [onDemand, offer('spot', row.spotUsdPerHour, terms.spotEviction)];
  });
}

/** An owned node of eight H100: 260,000 USD, five years, what it draws at 0.15 USD per kWh. */
export const OWNED_NODE: Procurement = {
  purchaseMicroUsd: '260000000000',
  salvageMicroUsd: '20000000000',
  purchasedAt: '2026-01-01T00:00:00.000Z',
  lifetimeMonths: 60,
  method: 'straight-line',
  idleWatts: 1_800,
  maxWatts: 10_200,
  energyMicroUsdPerKwh: '150000',
} as unknown as Procurement;

/** A shared node, whose owner lends it by the second: micro-USD per hour of four GPUs, and how well it is. */
export const SHARED_NODE = {
  gpus: 4,
  cpuMilli: 64_000,
  memoryMiB: 524_288,
  costMicroUsdPerHour: '7600000',
  healthPerMille: 930,
};
