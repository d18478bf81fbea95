import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class QuoteAcceptedV1 {
  @IsString()
  @Length(1, 128)
  readonly quoteId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  /** Usage that starts from here … */
  @Matches(ISO_UTC)
  readonly from!: string;
  /** … until before here has the quoted price. */
  @Matches(ISO_UTC)
  readonly to!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The customer took the price: it is frozen for what starts while it holds. */
export const QuoteAccepted = defineEvent('billing.quote.accepted', 1, QuoteAcceptedV1);
export type QuoteAccepted = EventOf<typeof QuoteAccepted>;
