import { Type } from 'class-transformer';
import { IsDefined, IsInt, Matches, Min, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { PriceBook } from '../../values';

class PriceBookPublishedV1 {
  /** From 1, without gaps. */
  @IsInt()
  @Min(1)
  readonly version!: number;
  @IsDefined()
  @ValidateNested()
  @Type(() => PriceBook)
  readonly priceBook!: PriceBook;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A price book has these prices from a time on. Never changed, only followed. */
export const PriceBookPublished = defineEvent('billing.priceBook.published', 1, PriceBookPublishedV1);
export type PriceBookPublished = EventOf<typeof PriceBookPublished>;
