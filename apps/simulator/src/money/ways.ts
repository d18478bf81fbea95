import type { Offer } from '@solyx/contracts';
import type { Rate } from '@solyx/kernel';
import { currency, ownedRates } from '@solyx/drm';
import type { MoneyJob } from './demand';
import { egressOf, OWNED_NODE, SHARED_NODE } from './market';

export const OWNED_GPUS_PER_NODE = 8;
/** A node that is there: owned, shared, or leased since some time. */
export interface Node {
  readonly id: number;
  readonly source: 'owned' | 'leased' | 'shared';
  readonly gpus: number;
  readonly offer: Offer | undefined;
  readonly begun: number;
  readonly upAt: number;
  free: number;
  idleSince: number;
  /** When the last of its present work ends, as far as is known: until then it is paid anyhow. */
  heldUntil: number;
}

/** Where a job may go: a node that is there, or an offer. */
export interface Option {
  readonly source: 'owned' | 'leased' | 'shared' | 'offer';
  readonly offer: Offer | undefined;
  readonly node: Node | undefined;
  /** GPUs that stay free on the node. */
  readonly left: number;
}

export interface MoneyView {
  readonly now: number;
  readonly ownedGpus: number;
  readonly ownedFree: number;
}

export interface MoneyPolicy {
  readonly name: string;
  /** Lower is better; ties by the order of the options: owned, leased, shared, offers. */
  cost(option: Option, job: MoneyJob, view: MoneyView, bound: number): number;
  /** Told after each arrival, with what the job's way costs per GPU-hour in micro-USD. */
  /** Whether work on leased nodes moves to owned ones that come free, when that is cheaper. */
  readonly comesHome?: boolean;
  learn?(view: MoneyView, source: Option['source'], perGpuHour: number): void;
}

export const loadOf = (job: MoneyJob, region: string | undefined): currency.Load => ({
  gpuMilli: job.gpus * 1_000,
  cpuMilli: job.gpus * 4_000,
  memoryMiB: job.gpus * 8_192,
  runtimeSeconds: job.seconds,
  egressMicroUsd: region === undefined ? 0n : egressOf(region) * BigInt(job.dataGiB),
});

export const RATES: Record<'standing' | 'wear' | 'energy', Rate> = ownedRates(
  OWNED_NODE,
  OWNED_GPUS_PER_NODE,
  Date.parse(OWNED_NODE.purchasedAt),
);
export const perHour = ({ numerator, denominator }: Rate): bigint => numerator / denominator;
/** Micro-USD that an owned GPU-hour costs standing. */
export const STANDING = perHour(RATES.standing);

/** The cheapest node by its list price, owned ones for nothing, leased ones that are there used up first. */
export const cheapestOffer: MoneyPolicy = {
  name: 'cheapest offer',
  cost({ source, offer, left }, job) {
    if (source === 'owned') return left * 1e-6;
    if (source === 'leased') return 1 + left * 1e-6;
    if (source === 'shared') return 1_000 + (Number(SHARED_NODE.costMicroUsdPerHour) * job.gpus) / SHARED_NODE.gpus;
    return 1_000 + Number(offer?.priceMicroUsdPerHour ?? 0);
  },
};

/** Raised where owned GPUs run out, lowered where they idle: thousandths of a GPU's standing cost per hour of the year. */
const PRICE_STEP = 0.05;

/**
 * Ours: all ways in one currency, by the product's own functions. What an owned GPU is worth to others is learnt as it
 * goes: the price at which owned GPUs are just used up (dual ascent).
 */
export function oneCurrency(comesHome = false): MoneyPolicy {
  const gpuHour = STANDING + perHour(RATES.wear) + perHour(RATES.energy);
  let shadow = 0;
  let learntAt = 0;
  return {
    name: comesHome ? 'one currency, comes home' : 'one currency',
    comesHome,
    cost({ source, offer, node, left }, job, { now }, bound) {
      const load = loadOf(job, offer?.region);
      const fits = left * 1_000;
      if (source === 'owned') {
        const microGpu = Math.round(shadow * job.gpus * 1_000_000);
        const cost = currency.ownedCost(OWNED_NODE, OWNED_GPUS_PER_NODE, load, { microGpu, gpuHour });
        return Number(cost.microUsdPerHour) + fits;
      }
      if (source === 'shared') {
        const whole = {
          gpuMilli: SHARED_NODE.gpus * 1_000,
          cpuMilli: SHARED_NODE.cpuMilli,
          memoryMiB: SHARED_NODE.memoryMiB,
        };
        return Number(currency.sharedCost(SHARED_NODE, whole, loadOf(job, 'eu-'), gpuHour).microUsdPerHour) + fits;
      }
      if (!offer) return Number.POSITIVE_INFINITY;
      if (source === 'offer' || !node) {
        // A share of the rate is the least that it can cost: most offers need no closer look.
        if ((Number(offer.priceMicroUsdPerHour) * job.gpus) / offer.gpusPerNode > bound)
          return Number.POSITIVE_INFINITY;
        return Number(currency.offerCost(offer, load, gpuHour).microUsdPerHour);
      }
      const whole = { gpuMilli: node.gpus * 1_000, cpuMilli: offer.cpuMilli, memoryMiB: offer.memoryMiB };
      const billed = currency.billedSeconds(offer, now - node.begun) - (now - node.begun);
      const paidSeconds = Math.round(Math.max(0, billed, node.heldUntil - now));
      const terms = { costMicroUsdPerHour: offer.priceMicroUsdPerHour };
      return Number(currency.leasedCost(terms, whole, load, { gpuHour, paidSeconds, offer }).microUsdPerHour) + fits;
    },
    learn({ now, ownedGpus, ownedFree }) {
      const hours = (now - learntAt) / 3_600;
      learntAt = now;
      const wanted = ownedFree < 1 ? 1 : -(ownedFree / ownedGpus) * 10;
      shadow = Math.min(3, Math.max(0, shadow + PRICE_STEP * hours * wanted));
    },
  };
}
