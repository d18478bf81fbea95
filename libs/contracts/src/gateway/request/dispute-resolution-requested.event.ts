import { IsIn, IsOptional, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { DISPUTE_OUTCOMES } from '../../values';

class DisputeResolutionRequestedV1 {
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
  @IsString()
  @Length(1, 128)
  readonly disputeId!: string;
  @IsIn(DISPUTE_OUTCOMES)
  readonly outcome!: (typeof DISPUTE_OUTCOMES)[number];
  /** Of what the customer paid, where it was upheld; absent: all of it. */
  @IsOptional()
  @Matches(INTEGER)
  readonly refundMicroUsd?: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An operator decided a dispute. */
export const DisputeResolutionRequested = defineEvent(
  'gateway.request.dispute-resolution-requested',
  1,
  DisputeResolutionRequestedV1,
);
export type DisputeResolutionRequested = EventOf<typeof DisputeResolutionRequested>;
