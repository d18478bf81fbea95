import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsString, Length, Matches, MaxLength, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { Posting } from '../../values';

class PayoutReturnedV1 {
  @IsString()
  @Length(1, 128)
  readonly payoutId!: string;
  @IsString()
  @Length(1, 128)
  readonly providerId!: string;
  @IsString()
  @MaxLength(1024)
  readonly reason!: string;
  @Matches(INTEGER)
  readonly netMicroUsd!: string;
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly postings!: readonly Posting[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The money came back after it was paid; the owner has it again, without the withdrawal fee. */
export const PayoutReturned = defineEvent('billing.payout.returned', 1, PayoutReturnedV1);
export type PayoutReturned = EventOf<typeof PayoutReturned>;
