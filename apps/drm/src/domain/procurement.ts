import type { Procurement } from '@solyx/contracts';
import { applyRate, divideHalfEven, type Rate } from '@solyx/kernel';
import { millisOf } from './instants';

const HOUR_MS = 3_600_000n;
/** Of the lifetime, where a purchase written off by use does not say what it is good for. */
const USED_PER_MILLE = 800n;
const MICRO_PER_KWH_WATT_HOUR = 1_000n;
const NOTHING: Rate = { numerator: 0n, denominator: 1n };

/** What an owned GPU costs per hour, exact: micro-USD per GPU-hour as fractions. */
export interface OwnedRates {
  /** Whether it works or not: straight-line depreciation, and what the node draws when idle. */
  readonly standing: Rate;
  /** Only while it works: depreciation by use. */
  readonly wear: Rate;
  /** Only while it works: what the GPUs draw beyond idle. */
  readonly energy: Rate;
}

/** The sum of fractions. */
export const addRates = (...rates: readonly Rate[]): Rate =>
  rates.reduce(
    (a, b) => ({
      numerator: a.numerator * b.denominator + b.numerator * a.denominator,
      denominator: a.denominator * b.denominator,
    }),
    NOTHING,
  );

/** Milliseconds since 1970, so many calendar months later; the last day of a shorter month where the day is missing. */
function monthsLater(from: number, months: number): number {
  const date = new Date(from);
  const month = date.getUTCMonth() + months;
  const daysThere = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const moved = Date.UTC(date.getUTCFullYear(), month, Math.min(date.getUTCDate(), daysThere));
  return moved + (from % 86_400_000);
}

/** The life of a purchase, from (inclusive) to (exclusive) in milliseconds since 1970. */
export function lifeOf({ purchasedAt, lifetimeMonths }: Procurement): { readonly from: number; readonly to: number } {
  const from = millisOf(purchasedAt);
  return { from, to: monthsLater(from, lifetimeMonths) };
}

/** What is written off over a life: never less than nothing. */
export function writeOff({ purchaseMicroUsd, salvageMicroUsd = '0' }: Procurement): bigint {
  const amount = BigInt(purchaseMicroUsd) - BigInt(salvageMicroUsd);
  return amount > 0n ? amount : 0n;
}

/** GPU-milliseconds that a purchase written off by use is good for. */
function usefulLife(procurement: Procurement, gpus: number): bigint {
  const { lifetimeGpuHours } = procurement;
  if (lifetimeGpuHours !== undefined) return BigInt(lifetimeGpuHours) * HOUR_MS;
  const { from, to } = lifeOf(procurement);
  return (BigInt(to - from) * BigInt(gpus) * USED_PER_MILLE) / 1_000n;
}

/**
 * What each of a node's GPUs costs per hour at a time. Straight-line depreciation ends with the lifetime; energy does
 * not. A node without GPUs has no price per GPU.
 */
export function ownedRates(procurement: Procurement, gpus: number, at: number): OwnedRates {
  if (gpus === 0) return { standing: NOTHING, wear: NOTHING, energy: NOTHING };
  const { from, to } = lifeOf(procurement);
  const isAlive = at >= from && at < to;
  const amount = isAlive ? writeOff(procurement) : 0n;
  const perKwh = BigInt(procurement.energyMicroUsdPerKwh ?? '0');
  const watts = (drawn: number): Rate => ({
    numerator: BigInt(Math.max(0, drawn)) * perKwh,
    denominator: MICRO_PER_KWH_WATT_HOUR * BigInt(gpus),
  });
  const isStraight = procurement.method === 'straight-line';
  const evenly: Rate = { numerator: amount * HOUR_MS, denominator: BigInt(to - from) * BigInt(gpus) };
  const byUse: Rate = { numerator: amount * HOUR_MS, denominator: usefulLife(procurement, gpus) };
  return {
    standing: addRates(watts(procurement.idleWatts), isStraight ? evenly : NOTHING),
    wear: isStraight ? NOTHING : byUse,
    energy: watts(procurement.maxWatts - procurement.idleWatts),
  };
}

/** The price of a GPU-hour at full work, rounded once: micro-USD. */
export function ownedGpuHour(procurement: Procurement, gpus: number, at: number): bigint {
  const { standing, wear, energy } = ownedRates(procurement, gpus, at);
  return applyRate(1n, addRates(standing, wear, energy));
}

/** How much was used of a node from its purchase to a time. */
export interface Use {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** GPU-milliseconds of work since the purchase, all GPUs together. */
  readonly gpuMs: bigint;
}

/** Depreciated since the purchase, rounded once, at most what there is to write off. */
function depreciatedUntil(procurement: Procurement, gpus: number, { at, gpuMs }: Use): bigint {
  const amount = writeOff(procurement);
  const { from, to } = lifeOf(procurement);
  const isStraight = procurement.method === 'straight-line';
  const done = isStraight ? BigInt(Math.max(0, Math.min(at, to) - from)) : gpuMs;
  const whole = isStraight ? BigInt(to - from) : usefulLife(procurement, gpus);
  if (whole <= 0n || done >= whole) return amount;
  return divideHalfEven(amount * (done > 0n ? done : 0n), whole);
}

/**
 * Depreciation between two moments, in micro-USD: the difference of what was written off until then, so that any split
 * of a life into periods adds up to the whole, to the last micro-unit.
 */
export const depreciation = (procurement: Procurement, gpus: number, from: Use, to: Use): bigint =>
  depreciatedUntil(procurement, gpus, to) - depreciatedUntil(procurement, gpus, from);

/** What it stands for in the books: purchase less depreciation. */
export const bookValue = (procurement: Procurement, gpus: number, use: Use): bigint =>
  BigInt(procurement.purchaseMicroUsd) - depreciatedUntil(procurement, gpus, use);
