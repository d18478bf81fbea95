import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class ChargeCountedV1 {
  @IsString()
  @Length(1, 128)
  readonly holdId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsString()
  @Length(1, 128)
  readonly chargeId!: string;
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
  /** How much of it the hold still had, and no longer has. */
  @Matches(INTEGER)
  readonly fromHoldMicroUsd!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A charge was counted against the budget and taken from the hold. */
export const ChargeCounted = defineEvent('billing.budget.charge-counted', 1, ChargeCountedV1);
export type ChargeCounted = EventOf<typeof ChargeCounted>;
