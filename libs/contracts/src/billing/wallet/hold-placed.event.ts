import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { CreditPart, Posting } from '../../values';

class WalletHoldPlacedV1 {
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
  readonly project!: string;
  /** A rehearsal: on accounts of its own, never mixed with money. */
  @IsBoolean()
  readonly simulated!: boolean;
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
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
  /** Voided by then at the latest, whatever became of the work. */
  @Matches(ISO_UTC)
  readonly expiresAt!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Credit is set aside for work that is paid for in advance. */
export const WalletHoldPlaced = defineEvent('billing.wallet.hold-placed', 1, WalletHoldPlacedV1);
export type WalletHoldPlaced = EventOf<typeof WalletHoldPlaced>;
