import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class JoinTokenUsedV1 {
  @IsString()
  @Length(1, 128)
  readonly tokenId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsString()
  @Length(1, 128)
  readonly publicKey!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A machine joined with the token; it is spent. The same machine may repeat the same request. */
export const JoinTokenUsed = defineEvent('gateway.joinToken.used', 1, JoinTokenUsedV1);
export type JoinTokenUsed = EventOf<typeof JoinTokenUsed>;
