import type { Allocation, JobSpec } from '@solyx/contracts';

const MS_PER_HOUR = 3_600_000n;
const SECONDS_PER_HOUR = 3_600n;

const LATE_RELEASE_MS = 10_000;

/** Between SIGTERM and SIGKILL. */
export const STOP_GRACE_SECONDS = 10;

/** What an allocation cost up to an instant: time at its price, and the data that was moved for it. */
export const costOf = (allocation: Allocation, until: string): bigint =>
  timeCost(allocation, allocation.grantedAt, until) + transferCost(allocation);

/** What an allocation cost after its attempt had ended here, at the most: the scheduler hears of the end, and releases it. */
export function lateCost(allocation: Allocation, endedAt: string, nextGrantAt: string): bigint {
  const latest = new Date(Date.parse(endedAt) + LATE_RELEASE_MS).toISOString();
  return timeCost(allocation, endedAt, nextGrantAt < latest ? nextGrantAt : latest);
}

/** What an allocation costs from one instant to another, rounded up: a bound must not be too low. Nothing backwards. */
function timeCost({ priceMicroUsdPerHour }: Allocation, from: string, until: string): bigint {
  const elapsedMs = Math.max(0, Date.parse(until) - Date.parse(from));
  return (BigInt(elapsedMs) * BigInt(priceMicroUsdPerHour) + MS_PER_HOUR - 1n) / MS_PER_HOUR;
}

const transferCost = (allocation: Allocation): bigint =>
  allocation.transfers.reduce((sum, { priceMicroUsd }) => sum + BigInt(priceMicroUsd), 0n);

export interface Purse {
  readonly spec: JobSpec;
  /** What one attempt may need. */
  readonly placedMicroUsd: bigint;
  /** All that was ever set aside. */
  readonly holdMicroUsd: bigint;
  readonly spentMicroUsd: bigint;
}

const hasOwnBudget = ({ spec }: Purse): boolean => spec.limits.budgetMicroUsd !== undefined;

/** As much is left as was derived from the maximum runtime: that, and not the money, is the limit then. */
export const isWhole = (purse: Purse): boolean =>
  !hasOwnBudget(purse) && purse.holdMicroUsd - purse.spentMicroUsd >= purse.placedMicroUsd;

/** Billing is asked to raise the hold for another attempt, unless the budget is the job's own. */
export const mayBeRaised = (purse: Purse): boolean => !hasOwnBudget(purse) && !isWhole(purse);

/**
 * Seconds until the processes of an allocation are told to end: the shorter of the maximum runtime and what the hold
 * still pays for. That is hard, so the seconds since the grant and the grace come off it; only a hold that is whole, as
 * it was derived from the maximum runtime, is not a wish of its own. 0 where nothing is left.
 */
export function stopAfterSeconds(purse: Purse, allocation: Allocation, at: string): number {
  const { maxRuntimeSeconds } = purse.spec.limits;
  const price = BigInt(allocation.priceMicroUsdPerHour);
  const left = purse.holdMicroUsd - purse.spentMicroUsd - transferCost(allocation);
  if (price <= 0n || isWhole(purse)) return maxRuntimeSeconds;
  if (left <= 0n) return 0;
  const paid = (left * SECONDS_PER_HOUR) / price;
  const elapsedMs = Math.max(0, Date.parse(at) - Date.parse(allocation.grantedAt));
  const usable = paid - BigInt(Math.ceil(elapsedMs / 1000) + STOP_GRACE_SECONDS);
  if (usable < 1n) return 0;
  return Number(usable < BigInt(maxRuntimeSeconds) ? usable : maxRuntimeSeconds);
}

/** A budget that somebody set is spent: another attempt could not run for a second. */
export const isSpent = (purse: Purse): boolean =>
  hasOwnBudget(purse) && purse.holdMicroUsd > 0n && purse.spentMicroUsd >= purse.holdMicroUsd;
