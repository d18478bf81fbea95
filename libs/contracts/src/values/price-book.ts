import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsDefined,
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
import { INTEGER, ISO_UTC } from '../rules';
import { CURRENCIES, METERS, PRICINGS, QUALITIES, SOURCES, type Meter, type Pricing, type Quality } from './constants';

const MS_PER_HOUR = 3_600_000n;
/** A month of storage is 730 hours, a twelfth of 365 days, whatever month it is. */
const HOURS_PER_MONTH = 730n;
const MIB_PER_GIB = 1_024n;
const BYTES_PER_GIB = 1_024n ** 3n;

/**
 * In what each meter counts (always whole numbers), how many of them one priced unit is, and its name. Rates are exact
 * fractions: 2,300,000 micro-USD per GPU-hour is 2,300,000 / 3,600,000,000 per milli-GPU-millisecond.
 */
export const METER_UNITS = {
  gpu: { unit: 'milli-gpu-ms', perPrice: 1_000n * MS_PER_HOUR, priced: 'GPU-hour' },
  cpu: { unit: 'milli-core-ms', perPrice: 1_000n * MS_PER_HOUR, priced: 'core-hour' },
  memory: { unit: 'mib-ms', perPrice: MIB_PER_GIB * MS_PER_HOUR, priced: 'GiB-hour' },
  'token-input': { unit: 'token', perPrice: 1_000_000n, priced: 'million tokens' },
  'token-output': { unit: 'token', perPrice: 1_000_000n, priced: 'million tokens' },
  'token-cached': { unit: 'token', perPrice: 1_000_000n, priced: 'million tokens' },
  egress: { unit: 'byte', perPrice: BYTES_PER_GIB, priced: 'GiB' },
  storage: { unit: 'mib-ms', perPrice: MIB_PER_GIB * MS_PER_HOUR * HOURS_PER_MONTH, priced: 'GiB-month' },
  impression: { unit: 'impression', perPrice: 1_000n, priced: 'thousand impressions' },
  click: { unit: 'click', perPrice: 1n, priced: 'click' },
} as const satisfies Record<Meter, { unit: string; perPrice: bigint; priced: string }>;

/** Flat: one rate. Graduated: each tier's rate for what falls into it. Volume: all at the rate of the tier reached. */
export const PRICE_MODELS = ['flat', 'graduated', 'volume'] as const;
export type PriceModel = (typeof PRICE_MODELS)[number];

export const PRICE_TIERS_MAX = 8;
export const PRICE_ENTRIES_MAX = 128;
/** Stands for whatever GPU model, AI model or category is not named by an entry of its own. */
export const ANY_PRODUCT = '*';

/** One step of a price. */
export class PriceTier {
  /** Up to and with this many counted units beyond the free ones. Absent in the last tier alone: no end. */
  @IsOptional()
  @Matches(INTEGER)
  readonly upTo?: string;
  /** Micro-USD … */
  @Matches(INTEGER)
  readonly rateNumerator!: string;
  /** … per this many counted units. */
  @Matches(INTEGER)
  readonly rateDenominator!: string;
}

/** All that is needed to work an amount out again, without any price book. */
export class PriceTerms {
  @IsString()
  @Length(1, 128)
  readonly priceBookId!: string;
  @IsInt()
  @Min(0)
  readonly priceBookVersion!: number;
  /** The entry of the book, the quote, or the commitment. */
  @IsString()
  @Length(1, 128)
  readonly entryId!: string;
  @IsIn(PRICE_MODELS)
  readonly model!: PriceModel;
  /** In what the quantity is counted. */
  @IsString()
  @Length(1, 32)
  readonly unit!: string;
  @IsArray()
  @ArrayMaxSize(PRICE_TIERS_MAX)
  @ValidateNested({ each: true })
  @Type(() => PriceTier)
  readonly tiers!: readonly PriceTier[];
  /** The first this many units of a line in a period cost nothing. */
  @IsOptional()
  @Matches(INTEGER)
  readonly freeQuantity?: string;
  /** For the quality, in hundredths of a percent; applied before the discount. */
  @IsInt()
  @Min(0)
  @Max(100_000)
  readonly markupBps!: number;
  @IsInt()
  @Min(0)
  @Max(10_000)
  readonly discountBps!: number;
}

/** Between which prices a spot or dynamic price may move, and how far at once. Micro-USD per priced unit. */
export class PriceBounds {
  @Matches(INTEGER)
  readonly floorMicroUsd!: string;
  @Matches(INTEGER)
  readonly ceilingMicroUsd!: string;
  /** The most that one observation may move the price. */
  @Matches(INTEGER)
  readonly stepMicroUsd!: string;
}

/** How much dearer each quality is, in hundredths of a percent. */
export class QualityMarkups {
  @IsInt()
  @Min(0)
  @Max(100_000)
  readonly low!: number;
  @IsInt()
  @Min(0)
  @Max(100_000)
  readonly standard!: number;
  @IsInt()
  @Min(0)
  @Max(100_000)
  readonly high!: number;
  @IsInt()
  @Min(0)
  @Max(100_000)
  readonly ultra!: number;
}

/** A price of a book. The entry that names the product goes before the one for any product. */
export class PriceBookEntry {
  @IsString()
  @Length(1, 128)
  readonly entryId!: string;
  @IsIn(METERS)
  readonly meter!: Meter;
  @IsIn(PRICINGS)
  readonly pricing!: Pricing;
  @IsIn(SOURCES)
  readonly source!: (typeof SOURCES)[number];
  @IsBoolean()
  readonly simulated!: boolean;
  /** GPU model, AI model, storage class or ad category; `*` for any. */
  @IsString()
  @Length(1, 128)
  readonly product!: string;
  @IsIn(PRICE_MODELS)
  readonly model!: PriceModel;
  @IsArray()
  @ArrayMaxSize(PRICE_TIERS_MAX)
  @ValidateNested({ each: true })
  @Type(() => PriceTier)
  readonly tiers!: readonly PriceTier[];
  @IsOptional()
  @Matches(INTEGER)
  readonly freeQuantity?: string;
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(10_000)
  readonly discountBps?: number;
  /** Absent: every quality costs the same. */
  @IsOptional()
  @ValidateNested()
  @Type(() => QualityMarkups)
  readonly markups?: QualityMarkups;
  /** Of spot and dynamic entries: the bounds of what is observed. */
  @IsOptional()
  @ValidateNested()
  @Type(() => PriceBounds)
  readonly bounds?: PriceBounds;
  /** What the owner of a shared GPU earns, before the platform's fee. Absent: what the customer pays. */
  @IsOptional()
  @ValidateNested()
  @Type(() => PriceTier)
  readonly providerRate?: PriceTier;
}

/** What a period's usage beyond an amount is cheaper by; each step is for what falls into it. */
export class BulkDiscount {
  /** Of the period's usage, before this discount. */
  @Matches(INTEGER)
  readonly aboveMicroUsd!: string;
  @IsInt()
  @Min(0)
  @Max(10_000)
  readonly discountBps!: number;
}

/** What taking money out costs: a fixed part and a part of the amount, within limits. */
export class WithdrawalFee {
  @Matches(INTEGER)
  readonly fixedMicroUsd!: string;
  @IsInt()
  @Min(0)
  @Max(10_000)
  readonly bps!: number;
  @IsOptional()
  @Matches(INTEGER)
  readonly mostMicroUsd?: string;
}

/** Prices from an instant on: the platform's, or those of a contract with one customer. */
export class PriceBook {
  @IsString()
  @Length(1, 128)
  readonly priceBookId!: string;
  @IsString()
  @MaxLength(256)
  readonly name!: string;
  @IsIn(CURRENCIES)
  readonly currency!: (typeof CURRENCIES)[number];
  /** Usage that starts here or later has these prices. */
  @Matches(ISO_UTC)
  readonly effectiveFrom!: string;
  @IsArray()
  @ArrayMaxSize(PRICE_ENTRIES_MAX)
  @ValidateNested({ each: true })
  @Type(() => PriceBookEntry)
  readonly entries!: readonly PriceBookEntry[];
  /** Ascending. */
  @IsArray()
  @ArrayMaxSize(PRICE_TIERS_MAX)
  @ValidateNested({ each: true })
  @Type(() => BulkDiscount)
  readonly bulkDiscounts!: readonly BulkDiscount[];
  /** The least that a period costs; what is missing becomes a line of its own when the period closes. */
  @IsOptional()
  @Matches(INTEGER)
  readonly minimumMicroUsd?: string;
  @IsOptional()
  @ValidateNested()
  @Type(() => WithdrawalFee)
  readonly withdrawalFee?: WithdrawalFee;
}

/** What a quote is asked for. */
export class QuoteSubject {
  @IsString()
  @Length(1, 128)
  readonly project!: string;
  @IsIn(METERS)
  readonly meter!: Meter;
  @IsIn(PRICINGS)
  readonly pricing!: Pricing;
  @IsIn(SOURCES)
  readonly source!: (typeof SOURCES)[number];
  @IsBoolean()
  readonly simulated!: boolean;
  @IsString()
  @Length(1, 128)
  readonly product!: string;
  @IsOptional()
  @IsIn(QUALITIES)
  readonly quality?: Quality;
  /** Only for usage of this job, deployment or volume. Absent: for all such usage of the project. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly resourceId?: string;
}

/** Capacity that a project pays for from an instant to another, used or not. */
export class Commitment {
  @IsString()
  @Length(1, 128)
  readonly commitmentId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 128)
  readonly project!: string;
  @IsIn(METERS)
  readonly meter!: Meter;
  @IsIn(SOURCES)
  readonly source!: (typeof SOURCES)[number];
  @IsBoolean()
  readonly simulated!: boolean;
  @IsString()
  @Length(1, 128)
  readonly product!: string;
  @IsOptional()
  @IsIn(QUALITIES)
  readonly quality?: Quality;
  /** Counted units each millisecond: 8,000 is eight GPUs. */
  @Matches(INTEGER)
  readonly unitsPerMs!: string;
  /** Inclusive. */
  @Matches(ISO_UTC)
  readonly from!: string;
  /** Exclusive. */
  @Matches(ISO_UTC)
  readonly to!: string;
  /** What it costs: flat, agreed when it began. */
  @IsDefined()
  @ValidateNested()
  @Type(() => PriceTerms)
  readonly terms!: PriceTerms;
}

/** One line of a period as it was posted, and as another book would have it. */
export class RerateLine {
  @IsString()
  @Length(1, 128)
  readonly project!: string;
  @IsString()
  @Length(1, 256)
  readonly skuId!: string;
  @Matches(INTEGER)
  readonly quantity!: string;
  @IsString()
  @Length(1, 32)
  readonly unit!: string;
  @Matches(INTEGER)
  readonly postedMicroUsd!: string;
  @Matches(INTEGER)
  readonly reratedMicroUsd!: string;
}
