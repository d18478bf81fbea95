import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { CHARGE_KINDS, CREDIT_KINDS, CREDIT_PRIORITY_MAX, Posting } from '../../values';

class WalletCreditGrantedV1 {
  @IsString()
  @Length(1, 128)
  readonly grantId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsIn(CREDIT_KINDS)
  readonly kind!: (typeof CREDIT_KINDS)[number];
  /** A rehearsal: on accounts of its own, never mixed with money. */
  @IsBoolean()
  readonly simulated!: boolean;
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
  /** Lower is drawn first. */
  @IsInt()
  @Min(0)
  @Max(CREDIT_PRIORITY_MAX)
  readonly priority!: number;
  /** Nothing is drawn from then on. Absent: it never expires. */
  @IsOptional()
  @Matches(ISO_UTC)
  readonly expiresAt?: string;
  /** Pays for these only; empty: for all. What is for some only pays charges, and is not held for jobs. */
  @IsArray()
  @ArrayMaxSize(16)
  @IsIn(CHARGE_KINDS, { each: true })
  readonly categories!: readonly (typeof CHARGE_KINDS)[number][];
  /** Of these projects only; empty: of all. */
  @IsArray()
  @ArrayMaxSize(16)
  @IsString({ each: true })
  @Length(1, 128, { each: true })
  readonly projects!: readonly string[];
  @IsString()
  @MaxLength(1024)
  readonly note!: string;
  /** Debits positive, credits negative; sums to 0. */
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly postings!: readonly Posting[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Money to spend was given, not paid for; or a correction gave prepaid money back. */
export const WalletCreditGranted = defineEvent('billing.wallet.credit-granted', 1, WalletCreditGrantedV1);
export type WalletCreditGranted = EventOf<typeof WalletCreditGranted>;
