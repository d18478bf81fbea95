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
import { CHARGE_KINDS, CREDIT_PRIORITY_MAX, OutageEvent, Posting } from '../../values';

class WalletSlaCreditedV1 {
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
  /** The events that prove it. Each is made up for once. */
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => OutageEvent)
  readonly outage!: readonly OutageEvent[];
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

/** A promise about availability was broken, as these events show; credit makes up for it. */
export const WalletSlaCredited = defineEvent('billing.wallet.sla-credited', 1, WalletSlaCreditedV1);
export type WalletSlaCredited = EventOf<typeof WalletSlaCredited>;
