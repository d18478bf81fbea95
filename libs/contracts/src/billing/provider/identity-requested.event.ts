import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class ProviderIdentityRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly providerId!: string;
  /** What the check is told: a reference at who makes it; no personal data. */
  @IsString()
  @Length(1, 256)
  readonly documentRef!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The owner asked to be checked; the answer of the check may take days. */
export const ProviderIdentityRequested = defineEvent(
  'billing.provider.identity-requested',
  1,
  ProviderIdentityRequestedV1,
);
export type ProviderIdentityRequested = EventOf<typeof ProviderIdentityRequested>;
