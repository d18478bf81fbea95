import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class QuoteExpiredV1 {
  @IsString()
  @Length(1, 128)
  readonly quoteId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Nobody took the price in time. */
export const QuoteExpired = defineEvent('billing.quote.expired', 1, QuoteExpiredV1);
export type QuoteExpired = EventOf<typeof QuoteExpired>;
