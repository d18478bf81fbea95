import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { CreditPart, Posting } from '../../values';

class WalletHoldRaisedV1 {
  @IsString()
  @Length(1, 128)
  readonly holdId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  /** A rehearsal: on accounts of its own, never mixed with money. */
  @IsBoolean()
  readonly simulated!: boolean;
  /** All that was ever set aside in it. */
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
  @Matches(INTEGER)
  readonly byMicroUsd!: string;
  /** Which credits, in the order in which they are drawn. */
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => CreditPart)
  readonly parts!: readonly CreditPart[];
  /** Pending amounts that come or go: debits positive; sums to 0. */
  @IsArray()
  @ArrayMaxSize(128)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly pending!: readonly Posting[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** More credit is set aside in a hold: a dearer attempt needs it. */
export const WalletHoldRaised = defineEvent('billing.wallet.hold-raised', 1, WalletHoldRaisedV1);
export type WalletHoldRaised = EventOf<typeof WalletHoldRaised>;
