import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { EARNING_KINDS, EarningPart, Posting } from '../../values';

class ProviderEarnedV1 {
  @IsString()
  @Length(1, 128)
  readonly earningId!: string;
  /** Organization that owns the GPU, or that showed the ad. */
  @IsString()
  @Length(1, 128)
  readonly providerId!: string;
  @IsIn(EARNING_KINDS)
  readonly kind!: (typeof EARNING_KINDS)[number];
  /** The charge, or the settlement of a campaign, that it is part of. */
  @IsString()
  @Length(1, 128)
  readonly chargeId!: string;
  /** Who pays: the customer, or the advertiser. */
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  /** True: a rehearsal, never paid out. */
  @IsBoolean()
  readonly simulated!: boolean;
  /** What the customer is charged for it, without tax. */
  @Matches(INTEGER)
  readonly grossMicroUsd!: string;
  /** 0 where the share was agreed without a fee, as with ads. */
  @IsInt()
  @Min(0)
  @Max(500)
  readonly feeBps!: number;
  /** The platform's part: the fee, and what the customer pays beyond the owner's own price. */
  @Matches(INTEGER)
  readonly feeMicroUsd!: string;
  /** gross − fee. */
  @Matches(INTEGER)
  readonly netMicroUsd!: string;
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => EarningPart)
  readonly parts!: readonly EarningPart[];
  @Matches(ISO_UTC)
  readonly usedAt!: string;
  /** From here on it may be paid out, unless it is disputed. */
  @Matches(ISO_UTC)
  readonly reserveUntil!: string;
  /** The event that says so. */
  @IsString()
  @Length(1, 128)
  readonly eventId!: string;
  @Matches(INTEGER)
  readonly position!: string;
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly postings!: readonly Posting[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Shared capacity or an ad space earned money, less the platform fee. It stays in the reserve for the dispute window. */
export const ProviderEarned = defineEvent('billing.provider.earned', 1, ProviderEarnedV1);
export type ProviderEarned = EventOf<typeof ProviderEarned>;
