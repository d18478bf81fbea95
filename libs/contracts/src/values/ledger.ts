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
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { INTEGER, ISO_UTC, IsLabels } from '../rules';
import { CHARGE_KINDS, CHARGED_RESOURCES, PRICINGS, QUALITIES, SOURCES } from './constants';
import { PriceTerms } from './price-book';

/** One side of a double entry; debits positive, credits negative. A posting set sums to zero. */
export class Posting {
  @IsString()
  @Length(1, 128)
  readonly account!: string;
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
}

/** What a charge is about. */
export class ChargedResource {
  @IsIn(CHARGED_RESOURCES)
  readonly kind!: (typeof CHARGED_RESOURCES)[number];
  @IsString()
  @Length(1, 128)
  readonly id!: string;
}

/** The event of a meter that a charge was worked out from. */
export class MeterReading {
  @IsString()
  @Length(1, 512)
  readonly stream!: string;
  @IsInt()
  @Min(0)
  readonly revision!: number;
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
  /** Empty where no node is meant. */
  @IsString()
  @MaxLength(128)
  readonly nodeId!: string;
  /** GPU model, or the model that was served. */
  @IsString()
  @MaxLength(1024)
  readonly gpuModel!: string;
  /** Integer count of `unit`; below zero where more had been charged than was used. */
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
  /** Micro-USD … of the first tier; with `terms`, these say it all. */
  @Matches(INTEGER)
  readonly rateNumerator!: string;
  /** … per this many units. */
  @Matches(INTEGER)
  readonly rateDenominator!: string;
  /**
   * With `terms`: round(F(quantityBefore + quantity)) − round(F(quantityBefore)), F being what the terms say and round
   * half-even, so that all lines of one key sum to F of their whole quantity, rounded once. Without (version 1):
   * quantity × numerator / denominator, rounded once, half-even.
   */
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
  /** What one line of the invoice has in common: a hash of period, project, SKU and terms. */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  readonly lineKey?: string;
  /** `gpu/owned/H100-SXM/on-demand/standard`. */
  @IsOptional()
  @IsString()
  @Length(1, 256)
  readonly skuId?: string;
  @IsOptional()
  @IsIn(PRICINGS)
  readonly pricing?: (typeof PRICINGS)[number];
  @IsOptional()
  @IsIn(QUALITIES)
  readonly quality?: (typeof QUALITIES)[number];
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly team?: string;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly user?: string;
  @IsOptional()
  @IsLabels()
  readonly labels?: Readonly<Record<string, string>>;
  /** The organization that owns the shared GPU. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly providerId?: string;
  /** What the line key had in its period before this line. */
  @IsOptional()
  @Matches(INTEGER)
  readonly quantityBefore?: string;
  @IsOptional()
  @Matches(INTEGER)
  readonly amountBefore?: string;
  /** The same quantity at the list price: without discount, free quantity or contract. */
  @IsOptional()
  @Matches(INTEGER)
  readonly listAmountMicroUsd?: string;
  /** What of the amount the provider earns; the rest is the fee of the platform. */
  @IsOptional()
  @Matches(INTEGER)
  readonly providerAmountMicroUsd?: string;
  @IsOptional()
  @ValidateNested()
  @Type(() => PriceTerms)
  readonly terms?: PriceTerms;
  /** The line of a finalised invoice that this one corrects. */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  readonly correctsLineKey?: string;
}
