import type { Procurement } from '@solyx/contracts';
import { divideHalfEven } from '@solyx/kernel';

const HOUR_MS = 3_600_000n;
const MILLI = 1_000n;
const WATTS_PER_KW = 1_000n;
/** Of its life, where a purchase written off by use does not say what it is good for. */
const USED_PER_MILLE = 800n;

/** A node's use up to a time. */
export interface UseUntil {
  /** ISO 8601 UTC. */
  readonly at: string;
  /** Thousandths of a GPU × milliseconds. */
  readonly usedGpuMilliMs: bigint;
}

const millisOf = (iso: string): number => Date.parse(iso);
export const between = (from: string, to: string): bigint => {
  const ms = millisOf(to) - millisOf(from);
  return BigInt(ms > 0 ? ms : 0);
};

/** So many calendar months later; the last day of a shorter month where the day is missing. */
export function monthsLater(iso: string, months: number): string {
  const from = new Date(millisOf(iso));
  const [year, month] = [from.getUTCFullYear(), from.getUTCMonth() + months];
  const daysThere = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const day = Date.UTC(year, month, Math.min(from.getUTCDate(), daysThere));
  return new Date(day + (millisOf(iso) % 86_400_000)).toISOString();
}

/** Purchase less what it should still be worth at the end: never less than nothing. */
export function writeOffOf({ purchaseMicroUsd, salvageMicroUsd = '0' }: Procurement): bigint {
  const amount = BigInt(purchaseMicroUsd) - BigInt(salvageMicroUsd);
  return amount > 0n ? amount : 0n;
}

/** What use the purchase is good for, where it is written off by use. */
function usefulLife(procurement: Procurement, gpus: number): bigint {
  const { lifetimeGpuHours, purchasedAt, lifetimeMonths } = procurement;
  if (lifetimeGpuHours !== undefined) return BigInt(lifetimeGpuHours) * HOUR_MS * MILLI;
  const life = between(purchasedAt, monthsLater(purchasedAt, lifetimeMonths));
  return (life * BigInt(gpus) * MILLI * USED_PER_MILLE) / MILLI;
}

/**
 * Written off from the purchase to a time, rounded once, and at the end of its life exactly cost − salvage. A day's
 * depreciation is the difference of two of these, so that days add up whatever they are.
 */
export function depreciatedUntil(procurement: Procurement, gpus: number, { at, usedGpuMilliMs }: UseUntil): bigint {
  const amount = writeOffOf(procurement);
  const { purchasedAt, lifetimeMonths, method } = procurement;
  const isStraight = method === 'straight-line';
  const whole = isStraight
    ? between(purchasedAt, monthsLater(purchasedAt, lifetimeMonths))
    : usefulLife(procurement, gpus);
  const done = isStraight ? between(purchasedAt, at) : usedGpuMilliMs;
  if (whole <= 0n || done >= whole) return amount;
  return divideHalfEven(amount * done, whole);
}

/** What a node draws: idle all the time, and more by its use, up to its most with all GPUs at work. */
export interface Draw {
  readonly ms: bigint;
  readonly usedGpuMilliMs: bigint;
  readonly gpus: number;
}

/** Watts × milliseconds, × thousandths of GPUs so that it stays whole. */
function drawOf({ idleWatts, maxWatts }: Procurement, { ms, usedGpuMilliMs, gpus }: Draw): bigint {
  const more = BigInt(Math.max(0, maxWatts - idleWatts));
  const idle = BigInt(idleWatts) * ms;
  return gpus === 0 ? idle * MILLI : idle * BigInt(gpus) * MILLI + more * usedGpuMilliMs;
}

const scaleOf = (gpus: number): bigint => (gpus === 0 ? MILLI : BigInt(gpus) * MILLI);

export const wattHoursOf = (procurement: Procurement, draw: Draw): bigint =>
  divideHalfEven(drawOf(procurement, draw), scaleOf(draw.gpus) * HOUR_MS);

/** What it cost, rounded once. */
export function energyCostOf(procurement: Procurement, draw: Draw): bigint {
  const perKwh = BigInt(procurement.energyMicroUsdPerKwh ?? '0');
  return divideHalfEven(drawOf(procurement, draw) * perKwh, scaleOf(draw.gpus) * HOUR_MS * WATTS_PER_KW);
}

/** The part of a cost that is for capacity which nobody used. */
export function idlePartOf(amount: bigint, used: bigint, capacity: bigint): bigint {
  if (capacity <= 0n) return 0n;
  const busy = used < 0n ? 0n : used > capacity ? capacity : used;
  return amount - divideHalfEven(amount * busy, capacity);
}

/** What a lease costs from its begin to a time, rounded once. */
export const leaseCostOf = (microUsdPerHour: string, from: string, to: string): bigint =>
  divideHalfEven(BigInt(microUsdPerHour) * between(from, to), HOUR_MS);
