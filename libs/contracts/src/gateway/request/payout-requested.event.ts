import { IsOptional, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class PayoutRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  /** Gross, at most this; absent: all that may be paid out. */
  @IsOptional()
  @Matches(INTEGER)
  readonly amountMicroUsd?: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A GPU owner asked to be paid. */
export const PayoutRequested = defineEvent('gateway.request.payout-requested', 1, PayoutRequestedV1);
export type PayoutRequested = EventOf<typeof PayoutRequested>;
