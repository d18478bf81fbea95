import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class CommitmentEndedV1 {
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 128)
  readonly commitmentId!: string;
  /** Exclusive: from then on nothing is committed. */
  @Matches(ISO_UTC)
  readonly endsAt!: string;
  /** For leaving before the term ended; 0 where nothing is due. */
  @Matches(INTEGER)
  readonly withdrawalFeeMicroUsd!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A commitment ends, before its term or with it. */
export const CommitmentEnded = defineEvent('billing.account.commitment-ended', 1, CommitmentEndedV1);
export type CommitmentEnded = EventOf<typeof CommitmentEnded>;
