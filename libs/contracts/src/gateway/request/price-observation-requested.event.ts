import { IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class PriceObservationRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsString()
  @Length(1, 128)
  readonly priceBookId!: string;
  @IsString()
  @Length(1, 128)
  readonly entryId!: string;
  /** As seen, per priced unit. */
  @Matches(INTEGER)
  readonly observedMicroUsd!: string;
  /** Where it was seen. */
  @IsString()
  @MaxLength(1024)
  readonly reference!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An operator reported the price at which the market stands. */
export const PriceObservationRequested = defineEvent(
  'gateway.request.price-observation-requested',
  1,
  PriceObservationRequestedV1,
);
export type PriceObservationRequested = EventOf<typeof PriceObservationRequested>;
