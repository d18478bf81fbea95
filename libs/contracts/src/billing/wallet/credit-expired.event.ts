import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { Posting } from '../../values';

class WalletCreditExpiredV1 {
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
  /** Debits positive, credits negative; sums to 0. */
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly postings!: readonly Posting[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** What was not drawn of a credit in time is gone: breakage. */
export const WalletCreditExpired = defineEvent('billing.wallet.credit-expired', 1, WalletCreditExpiredV1);
export type WalletCreditExpired = EventOf<typeof WalletCreditExpired>;
