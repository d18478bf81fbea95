import { divideHalfEven } from '@solyx/kernel';
import type { Allocation, JobSpec } from '@solyx/contracts';

const MS_PER_HOUR = 3_600_000n;
const SECONDS_PER_HOUR = 3_600n;

/** Between SIGTERM and SIGKILL. */
export const STOP_GRACE_SECONDS = 10;

/** What an allocation cost up to an instant: time at its price, and on the first attempt the data that was moved. */
export function costOf(allocation: Allocation, until: string, withTransfers: boolean): bigint {
  const elapsedMs = Math.max(0, Date.parse(until) - Date.parse(allocation.grantedAt));
  const time = divideHalfEven(BigInt(elapsedMs) * BigInt(allocation.priceMicroUsdPerHour), MS_PER_HOUR);
  return withTransfers ? time + transferCost(allocation) : time;
}

const transferCost = (allocation: Allocation): bigint =>
  allocation.transfers.reduce((sum, { priceMicroUsd }) => sum + BigInt(priceMicroUsd), 0n);

export interface Purse {
  readonly spec: JobSpec;
  readonly holdMicroUsd: bigint;
  readonly spentMicroUsd: bigint;
}

/**
 * Seconds until the processes of an allocation are told to end: the shorter of the maximum runtime and what the hold
 * still pays for. A budget that somebody set is hard, so the seconds since the grant and the grace come off it; a hold
 * that was derived from the maximum runtime is not a wish of its own. 0 where nothing is left.
 */
export function stopAfterSeconds(purse: Purse, allocation: Allocation, at: string): number {
  const { limits } = purse.spec;
  const price = BigInt(allocation.priceMicroUsdPerHour);
  const left = purse.holdMicroUsd - purse.spentMicroUsd - (purse.spentMicroUsd === 0n ? transferCost(allocation) : 0n);
  if (price <= 0n || limits.budgetMicroUsd === undefined) return limits.maxRuntimeSeconds;
  if (left <= 0n) return 0;
  const paid = (left * SECONDS_PER_HOUR) / price;
  const elapsedMs = Math.max(0, Date.parse(at) - Date.parse(allocation.grantedAt));
  const usable = paid - BigInt(Math.ceil(elapsedMs / 1000) + STOP_GRACE_SECONDS);
  return Number(usable < BigInt(limits.maxRuntimeSeconds) ? (usable > 1n ? usable : 1n) : limits.maxRuntimeSeconds);
}

/** A budget that somebody set is spent: another attempt could not run for a second. */
export const isSpent = (purse: Purse): boolean =>
  purse.spec.limits.budgetMicroUsd !== undefined &&
  purse.holdMicroUsd > 0n &&
  purse.spentMicroUsd >= purse.holdMicroUsd;
