import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsString, Length, Matches, Max, Min, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

const SLICES_MAX = 100;
const MICRO = 1_000_000;

/** What a slice of a GPU of this size is worth, and how much it was asked for when that was worked out. */
export class ShadowPrice {
  /** Thousandths of a GPU. */
  @IsInt()
  @Min(1)
  @Max(1000)
  readonly gpuMilli!: number;
  /** Dual price of the pattern program: millionths of a GPU. */
  @IsInt()
  @Min(0)
  @Max(MICRO)
  readonly microGpu!: number;
  /** Its part in all slices asked for, in millionths. */
  @IsInt()
  @Min(0)
  @Max(MICRO)
  readonly demandPpm!: number;
}

class ShadowPricesObservedV1 {
  @IsInt()
  @Min(1)
  readonly version!: number;
  @IsArray()
  @ArrayMaxSize(SLICES_MAX)
  @ValidateNested({ each: true })
  @Type(() => ShadowPrice)
  readonly slices!: readonly ShadowPrice[];
  /** Which program found them, with its version. */
  @IsString()
  @Length(1, 64)
  readonly solver!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: prices of slices by linear programming, worked out beside the scheduler, so that a replay needs no solver. */
export const ShadowPricesObserved = defineEvent('drm.partition.shadow-prices-observed', 1, ShadowPricesObservedV1);
export type ShadowPricesObserved = EventOf<typeof ShadowPricesObserved>;
