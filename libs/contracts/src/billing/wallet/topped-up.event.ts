import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { Posting } from '../../values';

class WalletToppedUpV1 {
  @IsString()
  @Length(1, 128)
  readonly grantId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  /** A rehearsal: on accounts of its own, never mixed with money. */
  @IsBoolean()
  readonly simulated!: boolean;
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
  /** Of the payment, as the bank or the card names it. */
  @IsString()
  @Length(1, 128)
  readonly reference!: string;
  /** Below this the wallet is low, and people are told. */
  @Matches(INTEGER)
  readonly lowBelowMicroUsd!: string;
  /** Debits positive, credits negative; sums to 0. */
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly postings!: readonly Posting[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Money was paid in advance. */
export const WalletToppedUp = defineEvent('billing.wallet.topped-up', 1, WalletToppedUpV1);
export type WalletToppedUp = EventOf<typeof WalletToppedUp>;
