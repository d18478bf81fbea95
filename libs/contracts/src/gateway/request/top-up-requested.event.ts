import { IsBoolean, IsOptional, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class TopUpRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  /** Whose wallet. */
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  /** A rehearsal: on accounts of its own, never mixed with money. */
  @IsBoolean()
  readonly simulated!: boolean;
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
  /** Of the payment, as the bank or the card names it. */
  @IsString()
  @Length(1, 128)
  readonly reference!: string;
  /** Absent: a fifth of the amount. */
  @IsOptional()
  @Matches(INTEGER)
  readonly lowBelowMicroUsd?: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Someone paid in advance. An operator vouches for real money; a rehearsal needs nobody. */
export const TopUpRequested = defineEvent('gateway.request.top-up-requested', 1, TopUpRequestedV1);
export type TopUpRequested = EventOf<typeof TopUpRequested>;
