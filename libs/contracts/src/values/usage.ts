import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsDefined,
  IsIn,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { ISO_UTC, IsLabels } from '../rules';
import { METERS, PRICINGS, QUALITIES, SOURCES, USAGE_RESOURCES, type Meter } from './constants';
import { METER_UNITS, PriceTerms } from './price-book';

export const USAGE_UNITS = [...new Set(Object.values(METER_UNITS).map(({ unit }) => unit))];

/** Facts in one batch at most; the 64 KiB that an event may have are often reached before. */
export const USAGE_FACTS_MAX = 500;

/** What was used. */
export class UsageResource {
  @IsIn(USAGE_RESOURCES)
  readonly kind!: (typeof USAGE_RESOURCES)[number];
  @IsString()
  @Length(1, 128)
  readonly id!: string;
}

/**
 * Something was used, once. Its identity is its meter, the UTC day of `from`, and `usageId`: the same identity with the
 * same content is a repeat, with other content a conflict.
 */
export class UsageFact {
  /** Given by whoever measured it; unique for the meter and the UTC day of `from`. */
  @IsString()
  @Length(1, 128)
  readonly usageId!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => UsageResource)
  readonly resource!: UsageResource;
  @IsIn(METERS)
  readonly meter!: Meter;
  /** Integer count of `unit`, not negative. */
  @Matches(/^\d{1,24}$/)
  readonly quantity!: string;
  @IsIn(USAGE_UNITS)
  readonly unit!: (typeof METER_UNITS)[Meter]['unit'];
  /** Inclusive. */
  @Matches(ISO_UTC)
  readonly from!: string;
  /** Exclusive; equal to `from` for what happens at an instant. */
  @Matches(ISO_UTC)
  readonly to!: string;
  /** Where the GPUs behind it come from. */
  @IsIn(SOURCES)
  readonly source!: (typeof SOURCES)[number];
  /** A rehearsal, not money. */
  @IsBoolean()
  readonly simulated!: boolean;
  /** GPU model, or the model that was served; empty where there is none. */
  @IsString()
  @MaxLength(128)
  readonly model!: string;
  @IsIn(PRICINGS)
  readonly pricing!: (typeof PRICINGS)[number];
  @IsIn(QUALITIES)
  readonly quality!: (typeof QUALITIES)[number];
  @IsString()
  @Length(1, 128)
  readonly project!: string;
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
  /** The organization that owns the shared GPU and earns with it. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly providerId?: string;
  /** The quote under whose frozen price it was used. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly quoteId?: string;
  /** A price that was agreed elsewhere, as a campaign's. Only billing says this to itself; from others it is refused. */
  @IsOptional()
  @ValidateNested()
  @Type(() => PriceTerms)
  readonly agreed?: PriceTerms;
  /** What shows it besides: a request, a file, a hash. */
  @IsOptional()
  @IsString()
  @Length(1, 256)
  readonly evidence?: string;
}
