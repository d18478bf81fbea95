import { IsIn, IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { ACCOUNT_MODES, PLANS } from '../../values';

/** What is left out stays as it is. */
class BillingProfileRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  /** Whose account; absent: the asker's own. Of others only operators may ask. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly accountId?: string;
  /** IANA name, `Europe/Berlin`; fixed once the account was charged. */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  readonly timeZone?: string;
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(744)
  readonly graceHours?: number;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly legalEntityId?: string;
  @IsOptional()
  @IsIn(ACCOUNT_MODES)
  readonly mode?: (typeof ACCOUNT_MODES)[number];
  @IsOptional()
  @IsIn(PLANS)
  readonly plan?: (typeof PLANS)[number];
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly costCentre?: string;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly addressRef?: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Someone with the right asked how the account shall be billed. */
export const BillingProfileRequested = defineEvent(
  'gateway.request.billing-profile-requested',
  1,
  BillingProfileRequestedV1,
);
export type BillingProfileRequested = EventOf<typeof BillingProfileRequested>;
