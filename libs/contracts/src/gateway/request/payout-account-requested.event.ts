import { IsIn, IsOptional, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { PAYOUT_RAILS, PAYOUT_SCHEDULES } from '../../values';

class PayoutAccountRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsIn(PAYOUT_RAILS)
  readonly rail!: (typeof PAYOUT_RAILS)[number];
  /** Of the account at the rail; no bank data. */
  @IsString()
  @Length(1, 256)
  readonly accountRef!: string;
  /** Absent: 25.00 USD. */
  @IsOptional()
  @Matches(INTEGER)
  readonly thresholdMicroUsd?: string;
  /** Absent: `manual`. */
  @IsOptional()
  @IsIn(PAYOUT_SCHEDULES)
  readonly schedule?: (typeof PAYOUT_SCHEDULES)[number];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A GPU owner said where the money goes. */
export const PayoutAccountRequested = defineEvent(
  'gateway.request.payout-account-requested',
  1,
  PayoutAccountRequestedV1,
);
export type PayoutAccountRequested = EventOf<typeof PayoutAccountRequested>;
