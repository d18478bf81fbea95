import { IsBoolean, IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class ProviderDisputedV1 {
  @IsString()
  @Length(1, 128)
  readonly disputeId!: string;
  @IsString()
  @Length(1, 128)
  readonly providerId!: string;
  @IsString()
  @Length(1, 128)
  readonly earningId!: string;
  @IsString()
  @Length(1, 128)
  readonly chargeId!: string;
  /** The customer. */
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsBoolean()
  readonly simulated!: boolean;
  /** Of the provider, held. */
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
  @IsString()
  @MaxLength(1024)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A customer disputes a charge within the dispute window: what it earned stays in the reserve until that is decided. */
export const ProviderDisputed = defineEvent('billing.provider.disputed', 1, ProviderDisputedV1);
export type ProviderDisputed = EventOf<typeof ProviderDisputed>;
