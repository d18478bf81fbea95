import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { Allocation } from '../../values';

class UsageOpenedV1 {
  @IsDefined()
  @ValidateNested()
  @Type(() => Allocation)
  readonly allocation!: Allocation;
  @IsString()
  @Length(1, 128)
  readonly eventId!: string;
  @Matches(INTEGER)
  readonly position!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An allocation began; its meter runs. */
export const UsageOpened = defineEvent('billing.account.usage-opened', 1, UsageOpenedV1);
export type UsageOpened = EventOf<typeof UsageOpened>;
