import { FEE_BPS_MAX, FEE_BPS_MIN } from '@solyx/contracts';
import { divideHalfEven } from '@solyx/kernel';

const BPS = 10_000n;

/** 3 %, where nothing else was agreed. */
export const FEE_BPS_DEFAULT = 300;
/** 0.25 USD a payout, where nothing else was agreed. */
export const WITHDRAWAL_FEE_DEFAULT = 250_000n;
/** Terms that one owner may be given in all; usage is never older than the newest hundreds of them. */
export const FEE_STEPS_MAX = 256;

/** What the platform keeps, from a time on. */
export interface FeeStep {
  /** ISO 8601 UTC, inclusive. */
  readonly effectiveFrom: string;
  /** Hundredths of a percent of what is earned. */
  readonly feeBps: number;
  /** Micro-USD per payout. */
  readonly withdrawalFee: bigint;
}

const DEFAULT: FeeStep = { effectiveFrom: '', feeBps: FEE_BPS_DEFAULT, withdrawalFee: WITHDRAWAL_FEE_DEFAULT };

export const isFeeWithinBounds = (feeBps: number): boolean =>
  Number.isInteger(feeBps) && feeBps >= FEE_BPS_MIN && feeBps <= FEE_BPS_MAX;

/** The terms in force at an instant: the newest word among those that had begun. */
export const feeAt = (steps: readonly FeeStep[], at: string): FeeStep =>
  steps.reduce(
    (best, step) => (step.effectiveFrom <= at && step.effectiveFrom >= best.effectiveFrom ? step : best),
    DEFAULT,
  );

/** The fee of an amount, rounded once, half-even. What is taken back gives its fee back too. */
export const feeOf = (amountMicroUsd: bigint, feeBps: number): bigint =>
  divideHalfEven(amountMicroUsd * BigInt(feeBps), BPS);
