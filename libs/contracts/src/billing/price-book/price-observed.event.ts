import { IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class PriceObservedV1 {
  @IsString()
  @Length(1, 128)
  readonly priceBookId!: string;
  @IsString()
  @Length(1, 128)
  readonly entryId!: string;
  /** As seen, per priced unit. */
  @Matches(INTEGER)
  readonly observedMicroUsd!: string;
  /** As it is offered from now on: the observation within floor, ceiling and step of its entry. */
  @Matches(INTEGER)
  readonly priceMicroUsd!: string;
  /** Where it was seen. */
  @IsString()
  @MaxLength(1024)
  readonly reference!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A spot or dynamic price was seen; new quotes follow it, what was accepted does not. */
export const PriceObserved = defineEvent('billing.priceBook.price-observed', 1, PriceObservedV1);
export type PriceObserved = EventOf<typeof PriceObserved>;
