import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { PriceBook } from '../../values';

class PriceBookRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => PriceBook)
  readonly priceBook!: PriceBook;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An operator asked that a price book has these prices from a time on. */
export const PriceBookRequested = defineEvent('gateway.request.price-book-requested', 1, PriceBookRequestedV1);
export type PriceBookRequested = EventOf<typeof PriceBookRequested>;
