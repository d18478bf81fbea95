import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsString, Length, Matches, MaxLength, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { Posting } from '../../values';

class PayoutFailedV1 {
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
  readonly grossMicroUsd!: string;
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly postings!: readonly Posting[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The rail did not pay; the owner has all of it again, the withdrawal fee too. */
export const PayoutFailed = defineEvent('billing.payout.failed', 1, PayoutFailedV1);
export type PayoutFailed = EventOf<typeof PayoutFailed>;
