import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class QuoteAcceptanceRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsString()
  @Length(1, 128)
  readonly quoteId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A customer wants the price that was quoted. */
export const QuoteAcceptanceRequested = defineEvent(
  'gateway.request.quote-acceptance-requested',
  1,
  QuoteAcceptanceRequestedV1,
);
export type QuoteAcceptanceRequested = EventOf<typeof QuoteAcceptanceRequested>;
