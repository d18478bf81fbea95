import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { CURRENCIES, PAYOUT_RAILS, PayoutLine } from '../../values';

class PayoutCreatedV1 {
  @IsString()
  @Length(1, 128)
  readonly payoutId!: string;
  @IsString()
  @Length(1, 128)
  readonly providerId!: string;
  @IsIn(PAYOUT_RAILS)
  readonly rail!: (typeof PAYOUT_RAILS)[number];
  @IsString()
  @Length(1, 256)
  readonly accountRef!: string;
  @IsArray()
  @ArrayMaxSize(4)
  @ValidateNested({ each: true })
  @Type(() => PayoutLine)
  readonly lines!: readonly PayoutLine[];
  @Matches(INTEGER)
  readonly grossMicroUsd!: string;
  @Matches(INTEGER)
  readonly withdrawalFeeMicroUsd!: string;
  @Matches(INTEGER)
  readonly netMicroUsd!: string;
  @IsIn(CURRENCIES)
  readonly currency!: (typeof CURRENCIES)[number];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A payout stands: to whom, how much, by which lines. */
export const PayoutCreated = defineEvent('billing.payout.created', 1, PayoutCreatedV1);
export type PayoutCreated = EventOf<typeof PayoutCreated>;
