import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class ProviderIdentityVerifiedV1 {
  @IsString()
  @Length(1, 128)
  readonly providerId!: string;
  /** Name of the check. */
  @IsString()
  @Length(1, 128)
  readonly checkedBy!: string;
  /** Of the check at who made it; no personal data. */
  @IsString()
  @Length(1, 256)
  readonly reference!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Who the owner is has been checked. Without this nothing is paid out. */
export const ProviderIdentityVerified = defineEvent(
  'billing.provider.identity-verified',
  1,
  ProviderIdentityVerifiedV1,
);
export type ProviderIdentityVerified = EventOf<typeof ProviderIdentityVerified>;
