import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class PriceBookAssignmentRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  /** Whose usage it rates. */
  @IsString()
  @Length(1, 128)
  readonly accountId!: string;
  @IsString()
  @Length(1, 128)
  readonly priceBookId!: string;
  /** Usage that starts here or later. */
  @Matches(ISO_UTC)
  readonly effectiveFrom!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An operator asked that an organization's usage is rated by this book from a time on. */
export const PriceBookAssignmentRequested = defineEvent(
  'gateway.request.price-book-assignment-requested',
  1,
  PriceBookAssignmentRequestedV1,
);
export type PriceBookAssignmentRequested = EventOf<typeof PriceBookAssignmentRequested>;
