import { IsBoolean, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class WalletLowV1 {
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  /** A rehearsal: on accounts of its own, never mixed with money. */
  @IsBoolean()
  readonly simulated!: boolean;
  @Matches(INTEGER)
  readonly availableMicroUsd!: string;
  @Matches(INTEGER)
  readonly lowBelowMicroUsd!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Less than the mark is available: time to top up. Once until it is above the mark again. */
export const WalletLow = defineEvent('billing.wallet.low', 1, WalletLowV1);
export type WalletLow = EventOf<typeof WalletLow>;
