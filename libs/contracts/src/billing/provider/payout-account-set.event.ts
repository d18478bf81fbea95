import { IsIn, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { PAYOUT_RAILS, PAYOUT_SCHEDULES } from '../../values';

class ProviderPayoutAccountSetV1 {
  @IsString()
  @Length(1, 128)
  readonly providerId!: string;
  @IsIn(PAYOUT_RAILS)
  readonly rail!: (typeof PAYOUT_RAILS)[number];
  /** Of the account at the rail; no bank data. */
  @IsString()
  @Length(1, 256)
  readonly accountRef!: string;
  /** Nothing less is paid out. */
  @Matches(INTEGER)
  readonly thresholdMicroUsd!: string;
  @IsIn(PAYOUT_SCHEDULES)
  readonly schedule!: (typeof PAYOUT_SCHEDULES)[number];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Where the owner wants the money, when, and from which amount on. */
export const ProviderPayoutAccountSet = defineEvent(
  'billing.provider.payout-account-set',
  1,
  ProviderPayoutAccountSetV1,
);
export type ProviderPayoutAccountSet = EventOf<typeof ProviderPayoutAccountSet>;
