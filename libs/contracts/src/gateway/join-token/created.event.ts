import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class JoinTokenCreatedV1 {
  @IsString()
  @Length(1, 128)
  readonly tokenId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 128)
  readonly hash!: string;
  @Matches(ISO_UTC)
  readonly expiresAt!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** One machine may join with this token, once, until it expires. */
export const JoinTokenCreated = defineEvent('gateway.joinToken.created', 1, JoinTokenCreatedV1);
export type JoinTokenCreated = EventOf<typeof JoinTokenCreated>;
