import { IsIn, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { CURRENCIES } from '../../values';

class AccountOpenedV1 {
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsIn(CURRENCIES)
  readonly currency!: (typeof CURRENCIES)[number];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The organization can be billed. */
export const AccountOpened = defineEvent('billing.account.opened', 1, AccountOpenedV1);
export type AccountOpened = EventOf<typeof AccountOpened>;
