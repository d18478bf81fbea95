import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { BudgetScope } from '../../values';

class BudgetRemovalRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => BudgetScope)
  readonly scope!: BudgetScope;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Someone with the right asked that a spending limit ends. */
export const BudgetRemovalRequested = defineEvent(
  'gateway.request.budget-removal-requested',
  1,
  BudgetRemovalRequestedV1,
);
export type BudgetRemovalRequested = EventOf<typeof BudgetRemovalRequested>;
