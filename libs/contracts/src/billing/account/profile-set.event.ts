import { IsIn, IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { ACCOUNT_MODES, PLANS } from '../../values';

class AccountProfileSetV1 {
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  /** IANA name: periods begin at midnight of the first of a month there. */
  @IsString()
  @Length(1, 64)
  readonly timeZone!: string;
  /** So long after its end a period takes late usage and is not invoiced. */
  @IsInt()
  @Min(0)
  @Max(744)
  readonly graceHours!: number;
  /** Who sends the invoice. */
  @IsString()
  @Length(1, 128)
  readonly legalEntityId!: string;
  @IsIn(ACCOUNT_MODES)
  readonly mode!: (typeof ACCOUNT_MODES)[number];
  @IsIn(PLANS)
  readonly plan!: (typeof PLANS)[number];
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly costCentre?: string;
  /** Where the address is kept; no address is in an event. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly addressRef?: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** How the account is billed from now on. */
export const AccountProfileSet = defineEvent('billing.account.profile-set', 1, AccountProfileSetV1);
export type AccountProfileSet = EventOf<typeof AccountProfileSet>;
