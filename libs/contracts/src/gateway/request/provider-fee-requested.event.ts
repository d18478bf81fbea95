import { IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class ProviderFeeRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsString()
  @Length(1, 128)
  readonly providerId!: string;
  /** Refused outside 2 % to 5 %. */
  @IsInt()
  @Min(0)
  @Max(10_000)
  readonly feeBps!: number;
  /** Absent: as it was. */
  @IsOptional()
  @Matches(INTEGER)
  readonly withdrawalFeeMicroUsd?: string;
  @Matches(ISO_UTC)
  readonly effectiveFrom!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An operator agreed a fee with a GPU owner. */
export const ProviderFeeRequested = defineEvent('gateway.request.provider-fee-requested', 1, ProviderFeeRequestedV1);
export type ProviderFeeRequested = EventOf<typeof ProviderFeeRequested>;
