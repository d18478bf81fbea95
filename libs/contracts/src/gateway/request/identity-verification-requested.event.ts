import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class IdentityVerificationRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  /** What the check is told: a reference at who makes it; no personal data. */
  @IsString()
  @Length(1, 256)
  readonly documentRef!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A GPU owner asked to be checked. */
export const IdentityVerificationRequested = defineEvent(
  'gateway.request.identity-verification-requested',
  1,
  IdentityVerificationRequestedV1,
);
export type IdentityVerificationRequested = EventOf<typeof IdentityVerificationRequested>;
