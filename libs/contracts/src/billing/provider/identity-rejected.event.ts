import { IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class ProviderIdentityRejectedV1 {
  @IsString()
  @Length(1, 128)
  readonly providerId!: string;
  @IsString()
  @Length(1, 128)
  readonly checkedBy!: string;
  @IsString()
  @MaxLength(1024)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The check of the owner failed; until another succeeds nothing is paid out. */
export const ProviderIdentityRejected = defineEvent(
  'billing.provider.identity-rejected',
  1,
  ProviderIdentityRejectedV1,
);
export type ProviderIdentityRejected = EventOf<typeof ProviderIdentityRejected>;
