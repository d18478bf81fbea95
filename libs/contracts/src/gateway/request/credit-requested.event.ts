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
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { CHARGE_KINDS, CREDIT_PRIORITY_MAX, GIFT_KINDS } from '../../values';

class CreditRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  /** Whose wallet. */
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsIn(GIFT_KINDS)
  readonly kind!: (typeof GIFT_KINDS)[number];
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
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An operator asked that credit is given. */
export const CreditRequested = defineEvent('gateway.request.credit-requested', 1, CreditRequestedV1);
export type CreditRequested = EventOf<typeof CreditRequested>;
