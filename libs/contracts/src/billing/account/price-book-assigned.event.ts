import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class PriceBookAssignedV1 {
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 128)
  readonly priceBookId!: string;
  /** Inclusive: usage that begins from then on is priced by it. */
  @Matches(ISO_UTC)
  readonly effectiveFrom!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The account has a price book of its own from a time on: a contract. */
export const PriceBookAssigned = defineEvent('billing.account.price-book-assigned', 1, PriceBookAssignedV1);
export type PriceBookAssigned = EventOf<typeof PriceBookAssigned>;
