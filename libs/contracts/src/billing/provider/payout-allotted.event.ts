import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsIn, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { PAYOUT_RAILS, Posting } from '../../values';

class ProviderPayoutAllottedV1 {
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
  /** Taken from what may be paid out. */
  @Matches(INTEGER)
  readonly grossMicroUsd!: string;
  @Matches(INTEGER)
  readonly withdrawalFeeMicroUsd!: string;
  /** What is sent: whole cents. */
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

/** Money of the owner is set apart for one payout and for no other. */
export const ProviderPayoutAllotted = defineEvent('billing.provider.payout-allotted', 1, ProviderPayoutAllottedV1);
export type ProviderPayoutAllotted = EventOf<typeof ProviderPayoutAllotted>;
