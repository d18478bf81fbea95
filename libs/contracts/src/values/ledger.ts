import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsString, Length, Matches, MaxLength } from 'class-validator';
import { INTEGER, ISO_UTC } from '../rules';
import { CHARGE_KINDS, SOURCES } from './constants';

/** One side of a double entry; debits positive, credits negative. A posting set sums to zero. */
export class Posting {
  @IsString()
  @Length(1, 128)
  readonly account!: string;
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
}

/** One line of a bill, with the events that prove it. */
export class ChargeLine {
  @IsIn(CHARGE_KINDS)
  readonly kind!: (typeof CHARGE_KINDS)[number];
  @IsString()
  @MaxLength(1024)
  readonly description!: string;
  @IsIn(SOURCES)
  readonly source!: (typeof SOURCES)[number];
  @IsBoolean()
  readonly simulated!: boolean;
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsString()
  @MaxLength(1024)
  readonly gpuModel!: string;
  /** Integer count of `unit`. */
  @Matches(INTEGER)
  readonly quantity!: string;
  @IsString()
  @Length(1, 128)
  readonly unit!: string;
  /** Inclusive. */
  @Matches(ISO_UTC)
  readonly from!: string;
  /** Exclusive. */
  @Matches(ISO_UTC)
  readonly to!: string;
  /** Micro-USD … */
  @Matches(INTEGER)
  readonly rateNumerator!: string;
  /** … per this many units. */
  @Matches(INTEGER)
  readonly rateDenominator!: string;
  /** quantity × numerator / denominator, rounded once, half-even. */
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
  @IsArray()
  @ArrayMaxSize(16)
  @IsString({ each: true })
  @Length(1, 128, { each: true })
  readonly eventIds!: readonly string[];
  @IsArray()
  @ArrayMaxSize(16)
  @Matches(INTEGER, { each: true })
  readonly positions!: readonly string[];
}
