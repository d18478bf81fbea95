import { IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class OrganizationRegisteredV1 {
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @MaxLength(1024)
  readonly name!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An organization may now use the platform. */
export const OrganizationRegistered = defineEvent('gateway.organization.registered', 1, OrganizationRegisteredV1);
export type OrganizationRegistered = EventOf<typeof OrganizationRegistered>;
