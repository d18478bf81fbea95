import type { CostPart, CostPartName, NodeTerms, Offer, Procurement } from '@solyx/contracts';
import { addRates, lifeOf, ownedRates } from './procurement';
import { divideHalfEven, type Rate } from '@solyx/kernel';

/** One GPU, in the currency of all opinions. */
const MICRO_GPU = 1_000_000n;
const GPU_MILLI = 1_000n;
const PER_MILLE = 1_000n;
const HOUR_S = 3_600n;
/** What an owned GPU-hour is taken for where no purchase is known: 4 USD. */
export const REFERENCE_GPU_HOUR = 4_000_000n;
/** Of work that an eviction destroys, at most: a checkpoint is made within the hour. */
const LOST_SECONDS_MAX = 3_600n;
/** No cost outweighs what a score can hold exactly, also for the sum over a gang. */
const MICRO_GPU_MAX = 1_000_000_000_000n;

/** What one node's share of a workload costs us, per hour of the work. */
export interface Cost {
  readonly microUsdPerHour: bigint;
  /** The same in micro-GPU, by the price of an owned GPU-hour. */
  readonly microGpu: number;
  /** Adds up to the whole. Parts of nothing are left out. */
  readonly parts: readonly CostPart[];
}

/** The share of one node that is priced, and for how long. */
export interface Load {
  readonly gpuMilli: number;
  readonly cpuMilli: number;
  readonly memoryMiB: number;
  readonly runtimeSeconds: number;
  /** To bring its data there, once: micro-USD. */
  readonly egressMicroUsd: bigint;
}

/** What the whole of a node offers. */
export interface Whole {
  readonly gpuMilli: number;
  readonly cpuMilli: number;
  readonly memoryMiB: number;
}

/** Micro-USD per hour as micro-GPU, rounded half to even and clamped; `gpuHour` is what one owned GPU costs per hour. */
export function microGpuOf(microUsdPerHour: bigint, gpuHour: bigint): number {
  const value = divideHalfEven(microUsdPerHour * MICRO_GPU, gpuHour > 0n ? gpuHour : 1n);
  return Number(value > MICRO_GPU_MAX ? MICRO_GPU_MAX : value);
}

function total(gpuHour: bigint, amounts: readonly (readonly [CostPartName, bigint])[]): Cost {
  let microUsdPerHour = 0n;
  const parts: CostPart[] = [];
  for (const [part, amount] of amounts) {
    if (amount === 0n) continue;
    microUsdPerHour += amount;
    parts.push({ part, microUsdPerHour: String(amount) });
  }
  return { microUsdPerHour, microGpu: microGpuOf(microUsdPerHour, gpuHour), parts };
}

const seconds = ({ runtimeSeconds }: Load): bigint => BigInt(Math.max(1, runtimeSeconds));

/** Something paid once, spread over the hours of the work. */
const spread = (microUsd: bigint, load: Load): bigint => divideHalfEven(microUsd * HOUR_S, seconds(load));

const part = (rate: Rate, gpuMilli: number): bigint =>
  divideHalfEven(BigInt(gpuMilli) * rate.numerator, GPU_MILLI * rate.denominator);

/**
 * An owned node. Work wears it and draws energy; what the GPU costs standing counts by the shadow price of the slot
 * that is lost: all of it where every GPU is wanted, nothing where some would stay idle. At a shadow price of 1 GPU
 * per GPU this is the full price of the GPU-hour. A node whose purchase is not known costs nothing. The price is that
 * of its life: a node that is written off is not placed on otherwise than the day before.
 */
export function ownedCost(
  procurement: Procurement | undefined,
  gpus: number,
  load: Load,
  slot: { readonly microGpu: number; readonly gpuHour: bigint },
): Cost {
  const { gpuMilli, egressMicroUsd } = load;
  const egress = spread(egressMicroUsd, load);
  if (!procurement || gpus === 0) return total(slot.gpuHour, [['egress', egress]]);
  const { standing, wear, energy } = ownedRates(procurement, gpus, lifeOf(procurement).from);
  const lost = divideHalfEven(BigInt(slot.microGpu) * standing.numerator, MICRO_GPU * standing.denominator);
  return total(slot.gpuHour, [
    ['slot', lost],
    ['wear', part(wear, gpuMilli)],
    ['energy', part(energy, gpuMilli)],
    ['egress', egress],
  ]);
}

/** The part of a node that a share makes unusable for others: of its scarcest resource, rounded up, per million. */
function portion(load: Load, whole: Whole): bigint {
  const of = (wanted: number, all: number): bigint =>
    all <= 0 ? 0n : (BigInt(wanted) * MICRO_GPU + BigInt(all) - 1n) / BigInt(all);
  const candidates = [of(load.gpuMilli, whole.gpuMilli), of(load.cpuMilli, whole.cpuMilli)];
  const most = [...candidates, of(load.memoryMiB, whole.memoryMiB)].reduce((a, b) => (b > a ? b : a));
  return most > MICRO_GPU ? MICRO_GPU : most;
}

/** What the lessor bills for so many seconds: at least the minimum, in whole units. */
export function billedSeconds(offer: Pick<Offer, 'minimumSeconds' | 'billingUnitSeconds'>, used: number): number {
  const unit = offer.billingUnitSeconds ?? 1;
  return Math.max(offer.minimumSeconds, Math.ceil(Math.max(0, used) / unit) * unit);
}

/** Expected loss by eviction: half of what was done since it began, an hour at most, and the boot of another node. */
function evictionCost(rate: bigint, offer: Offer, load: Load): bigint {
  const chance = BigInt(offer.evictionPerMilleHour ?? 0);
  const half = seconds(load) < LOST_SECONDS_MAX ? seconds(load) : LOST_SECONDS_MAX;
  const lost = half + 2n * BigInt(offer.bootSeconds);
  return divideHalfEven(rate * chance * lost, PER_MILLE * 2n * HOUR_S);
}

/**
 * An offer that is not leased yet: the whole node is rented for it, at least for the minimum, in whole billing units.
 * While it boots the work waits, which counts as its rate; `sharers` other workloads of its kind that wait too fill
 * what it leaves, and carry their part.
 */
export function offerCost(offer: Offer, load: Load, gpuHour: bigint, sharers = 0): Cost {
  const whole = { gpuMilli: offer.gpusPerNode * 1000, cpuMilli: offer.cpuMilli, memoryMiB: offer.memoryMiB };
  const own = portion(load, whole);
  const filled = own * BigInt(1 + Math.max(0, sharers));
  // Of the node's rate, the part that this workload carries: all of it where nobody shares.
  const carried = (amount: bigint): bigint =>
    filled <= own || own === 0n ? amount : divideHalfEven(amount * own, filled > MICRO_GPU ? MICRO_GPU : filled);
  const rate = carried(BigInt(offer.priceMicroUsdPerHour));
  const billed = BigInt(billedSeconds(offer, load.runtimeSeconds));
  const unused = billed > seconds(load) ? billed - seconds(load) : 0n;
  return total(gpuHour, [
    ['rate', rate],
    ['minimum', divideHalfEven(rate * unused, seconds(load))],
    ['boot', divideHalfEven(rate * BigInt(offer.bootSeconds), seconds(load))],
    ['eviction', evictionCost(rate, offer, load)],
    ['egress', spread(load.egressMicroUsd, load)],
  ]);
}

/**
 * A leased node that is up: its share of the rate, for as long as the work outlasts what is paid anyhow. `paidSeconds`
 * are those until the end of the minimum or of the billing unit that has begun.
 */
export function leasedCost(
  terms: Pick<NodeTerms, 'costMicroUsdPerHour'>,
  whole: Whole,
  load: Load,
  lease: { readonly gpuHour: bigint; readonly paidSeconds?: number; readonly offer?: Offer },
): Cost {
  const { gpuHour, paidSeconds = 0, offer } = lease;
  const rate = divideHalfEven(BigInt(terms.costMicroUsdPerHour) * portion(load, whole), MICRO_GPU);
  const paid = BigInt(Math.max(0, Math.min(paidSeconds, load.runtimeSeconds)));
  return total(gpuHour, [
    ['rate', divideHalfEven(rate * (seconds(load) - paid), seconds(load))],
    ['eviction', offer ? evictionCost(rate, offer, load) : 0n],
    ['egress', spread(load.egressMicroUsd, load)],
  ]);
}

/** A shared node: its share of the price, and as much more as it is unwell: price × 1,000 / health. */
export function sharedCost(
  terms: Pick<NodeTerms, 'costMicroUsdPerHour' | 'healthPerMille'>,
  whole: Whole,
  load: Load,
  gpuHour: bigint,
): Cost {
  const rate = divideHalfEven(BigInt(terms.costMicroUsdPerHour) * portion(load, whole), MICRO_GPU);
  const health = BigInt(Math.min(1_000, Math.max(1, terms.healthPerMille ?? 1_000)));
  return total(gpuHour, [
    ['rate', rate],
    ['health', divideHalfEven(rate * (PER_MILLE - health), health)],
    ['egress', spread(load.egressMicroUsd, load)],
  ]);
}

/** An owned node's price of a GPU-hour while it lives, exact. */
export const lifePrice = (procurement: Procurement, gpus: number): Rate => {
  const { standing, wear, energy } = ownedRates(procurement, gpus, lifeOf(procurement).from);
  return addRates(standing, wear, energy);
};
