import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsInt, IsString, Length, Matches, Min, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { CURRENCIES, PriceEntry } from '../../values';

class PriceListPublishedV1 {
  @IsString()
  @Length(1, 128)
  readonly priceListId!: string;
  @IsInt()
  @Min(1)
  readonly version!: number;
  @IsIn(CURRENCIES)
  readonly currency!: (typeof CURRENCIES)[number];
  @Matches(ISO_UTC)
  readonly effectiveFrom!: string;
  @IsArray()
  @ArrayMaxSize(256)
  @ValidateNested({ each: true })
  @Type(() => PriceEntry)
  readonly entries!: readonly PriceEntry[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** What customers pay, from a time on. Never changed, only followed. */
export const PriceListPublished = defineEvent('billing.priceList.published', 1, PriceListPublishedV1);
export type PriceListPublished = EventOf<typeof PriceListPublished>;
