import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { Posting } from '../../values';

class ProviderReserveReleasedV1 {
  @IsString()
  @Length(1, 128)
  readonly providerId!: string;
  @IsBoolean()
  readonly simulated!: boolean;
  /** Earnings that were reserved until here, inclusive. */
  @Matches(ISO_UTC)
  readonly until!: string;
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly postings!: readonly Posting[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The dispute window of earnings has passed without a dispute: they may be paid out. */
export const ProviderReserveReleased = defineEvent('billing.provider.reserve-released', 1, ProviderReserveReleasedV1);
export type ProviderReserveReleased = EventOf<typeof ProviderReserveReleased>;
