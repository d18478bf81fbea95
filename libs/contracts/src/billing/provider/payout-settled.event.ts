import { IsIn, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { PAYOUT_OUTCOMES } from '../../values';

class ProviderPayoutSettledV1 {
  @IsString()
  @Length(1, 128)
  readonly payoutId!: string;
  @IsString()
  @Length(1, 128)
  readonly providerId!: string;
  @IsIn(PAYOUT_OUTCOMES)
  readonly outcome!: (typeof PAYOUT_OUTCOMES)[number];
  /** What was set apart. */
  @Matches(INTEGER)
  readonly grossMicroUsd!: string;
  /** What the owner has again: 0 where it was paid. */
  @Matches(INTEGER)
  readonly backMicroUsd!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** How a payout ended, as the owner balance knows it. What did not arrive may be paid out again. */
export const ProviderPayoutSettled = defineEvent('billing.provider.payout-settled', 1, ProviderPayoutSettledV1);
export type ProviderPayoutSettled = EventOf<typeof ProviderPayoutSettled>;
