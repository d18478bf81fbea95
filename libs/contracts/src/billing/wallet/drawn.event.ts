import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { CreditPart, Posting } from '../../values';

class WalletDrawnV1 {
  @IsString()
  @Length(1, 128)
  readonly chargeId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly holdId?: string;
  /** Of the charge: `2026-01`. */
  @IsOptional()
  @IsString()
  @Length(7, 7)
  readonly period?: string;
  /** Of the charge. */
  @Matches(INTEGER)
  readonly totalMicroUsd!: string;
  @Matches(INTEGER)
  readonly drawnMicroUsd!: string;
  /** How much of it had been set aside. */
  @Matches(INTEGER)
  readonly fromHoldMicroUsd!: string;
  /** What no credit covers: it stays accrued, for the invoice. */
  @Matches(INTEGER)
  readonly uncoveredMicroUsd!: string;
  /** Which credits, in the order in which they are drawn. */
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => CreditPart)
  readonly parts!: readonly CreditPart[];
  /** Pending amounts that come or go: debits positive; sums to 0. */
  @IsArray()
  @ArrayMaxSize(128)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly pending!: readonly Posting[];
  /** Debits positive, credits negative; sums to 0. */
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly postings!: readonly Posting[];
  /** Which credits paid, and why in this order. */
  @IsString()
  @MaxLength(1024)
  readonly sentence!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A charge was paid from credit, as far as it went; each charge once. */
export const WalletDrawn = defineEvent('billing.wallet.drawn', 1, WalletDrawnV1);
export type WalletDrawn = EventOf<typeof WalletDrawn>;
