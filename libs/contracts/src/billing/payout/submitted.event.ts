import { IsIn, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { PAYOUT_RAILS } from '../../values';

class PayoutSubmittedV1 {
  @IsString()
  @Length(1, 128)
  readonly payoutId!: string;
  @IsString()
  @Length(1, 128)
  readonly providerId!: string;
  @IsIn(PAYOUT_RAILS)
  readonly rail!: (typeof PAYOUT_RAILS)[number];
  /** Of the payment at the rail. */
  @IsString()
  @Length(1, 256)
  readonly reference!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The rail has the payment; it took it under the id of the payout, so that a repeat is the same payment. */
export const PayoutSubmitted = defineEvent('billing.payout.submitted', 1, PayoutSubmittedV1);
export type PayoutSubmitted = EventOf<typeof PayoutSubmitted>;
