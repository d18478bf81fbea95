import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class ApiKeyRevokedV1 {
  @IsString()
  @Length(1, 128)
  readonly keyId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The key opens nothing any more. */
export const ApiKeyRevoked = defineEvent('gateway.apiKey.revoked', 1, ApiKeyRevokedV1);
export type ApiKeyRevoked = EventOf<typeof ApiKeyRevoked>;
