import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { Posting } from '../../values';

class WalletHoldVoidedV1 {
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
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
  /** Pending amounts that come or go: debits positive; sums to 0. */
  @IsArray()
  @ArrayMaxSize(128)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly pending!: readonly Posting[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The work ended; what its hold still had is free again. */
export const WalletHoldVoided = defineEvent('billing.wallet.hold-voided', 1, WalletHoldVoidedV1);
export type WalletHoldVoided = EventOf<typeof WalletHoldVoided>;
