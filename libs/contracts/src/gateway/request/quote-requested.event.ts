import { Type } from 'class-transformer';
import { IsDefined, IsInt, IsString, Length, Matches, Max, Min, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { QuoteSubject } from '../../values';

class QuoteRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  /** Chosen by the gateway, so that the answer can be waited for. */
  @IsString()
  @Length(1, 128)
  readonly quoteId!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => QuoteSubject)
  readonly subject!: QuoteSubject;
  /** For how long the price shall hold once accepted. */
  @IsInt()
  @Min(1)
  @Max(31_622_400)
  readonly holdsSeconds!: number;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A customer asked for a price. */
export const QuoteRequested = defineEvent('gateway.request.quote-requested', 1, QuoteRequestedV1);
export type QuoteRequested = EventOf<typeof QuoteRequested>;
