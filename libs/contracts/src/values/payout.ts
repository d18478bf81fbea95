import { IsIn, IsString, Matches, MaxLength } from 'class-validator';
import { INTEGER } from '../rules';

/** How money reaches an owner: a payment file for a bank, or transfers to a connected account. */
export const PAYOUT_RAILS = ['file', 'stripe'] as const;
export type PayoutRailName = (typeof PAYOUT_RAILS)[number];

/** When a payout is made by itself, in UTC; `manual`: only when it is asked for. */
export const PAYOUT_SCHEDULES = ['manual', 'day', 'week', 'month'] as const;
export type PayoutSchedule = (typeof PAYOUT_SCHEDULES)[number];

export const PAYOUT_LINE_KINDS = ['earnings', 'withdrawal-fee'] as const;

/** `paid` may still become `returned`, when the bank sends the money back. */
export const PAYOUT_OUTCOMES = ['paid', 'failed', 'returned'] as const;
export type PayoutOutcome = (typeof PAYOUT_OUTCOMES)[number];

/** One line of a payout; fees are negative. The lines sum to what is sent. */
export class PayoutLine {
  @IsIn(PAYOUT_LINE_KINDS)
  readonly kind!: (typeof PAYOUT_LINE_KINDS)[number];
  @IsString()
  @MaxLength(1024)
  readonly description!: string;
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
}
