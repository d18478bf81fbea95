import { ArrayMaxSize, IsArray, IsOptional, IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class ApiKeyCreatedV1 {
  @IsString()
  @Length(1, 128)
  readonly keyId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @MaxLength(1024)
  readonly name!: string;
  @IsString()
  @Length(1, 128)
  readonly hash!: string;
  @IsArray()
  @ArrayMaxSize(8)
  @IsString({ each: true })
  @Length(1, 128, { each: true })
  readonly roles!: readonly string[];
  @Matches(ISO_UTC)
  readonly createdAt!: string;
  @IsOptional()
  @Matches(ISO_UTC)
  readonly expiresAt?: string;
}

/** A key now opens the gateway. Only its HMAC-SHA-256 is kept. */
export const ApiKeyCreated = defineEvent('gateway.apiKey.created', 1, ApiKeyCreatedV1);
export type ApiKeyCreated = EventOf<typeof ApiKeyCreated>;
