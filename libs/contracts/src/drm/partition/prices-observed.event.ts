import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, Matches, Min, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { PriceEntry } from '../../values';

class PricesObservedV1 {
  @IsInt()
  @Min(1)
  readonly version!: number;
  @IsArray()
  @ArrayMaxSize(256)
  @ValidateNested({ each: true })
  @Type(() => PriceEntry)
  readonly entries!: readonly PriceEntry[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: what customers pay. */
export const PricesObserved = defineEvent('drm.partition.prices-observed', 1, PricesObservedV1);
export type PricesObserved = EventOf<typeof PricesObserved>;
