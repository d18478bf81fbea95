import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { DISPUTE_OUTCOMES, Posting } from '../../values';

class ProviderDisputeResolvedV1 {
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
  @IsIn(DISPUTE_OUTCOMES)
  readonly outcome!: (typeof DISPUTE_OUTCOMES)[number];
  /** What was held for it. */
  @Matches(INTEGER)
  readonly heldMicroUsd!: string;
  /** To the customer: provider's part and fee. */
  @Matches(INTEGER)
  readonly refundMicroUsd!: string;
  /** Of it, from the provider. */
  @Matches(INTEGER)
  readonly netMicroUsd!: string;
  /** Of it, from the platform fee. */
  @Matches(INTEGER)
  readonly feeMicroUsd!: string;
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly postings!: readonly Posting[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The dispute was decided. Upheld: the provider loses its part and the platform its fee, in proportion. */
export const ProviderDisputeResolved = defineEvent('billing.provider.dispute-resolved', 1, ProviderDisputeResolvedV1);
export type ProviderDisputeResolved = EventOf<typeof ProviderDisputeResolved>;
