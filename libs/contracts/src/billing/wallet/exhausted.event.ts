import { IsBoolean, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class WalletExhaustedV1 {
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  /** A rehearsal: on accounts of its own, never mixed with money. */
  @IsBoolean()
  readonly simulated!: boolean;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Nothing is available any more: what is paid for in advance is not admitted. */
export const WalletExhausted = defineEvent('billing.wallet.exhausted', 1, WalletExhaustedV1);
export type WalletExhausted = EventOf<typeof WalletExhausted>;
