import { Type } from 'class-transformer';
import { IsDefined, IsInt, IsString, Length, Matches, Max, Min, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { PriceTerms, QuoteSubject } from '../../values';

class QuoteIssuedV1 {
  @IsString()
  @Length(1, 128)
  readonly quoteId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => QuoteSubject)
  readonly subject!: QuoteSubject;
  /** The price, frozen. */
  @IsDefined()
  @ValidateNested()
  @Type(() => PriceTerms)
  readonly terms!: PriceTerms;
  /** It can be accepted before this instant. */
  @Matches(ISO_UTC)
  readonly expiresAt!: string;
  /** For how long the price holds once accepted. */
  @IsInt()
  @Min(1)
  @Max(31_622_400)
  readonly holdsSeconds!: number;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A price was offered, and for how long. */
export const QuoteIssued = defineEvent('billing.quote.issued', 1, QuoteIssuedV1);
export type QuoteIssued = EventOf<typeof QuoteIssued>;
