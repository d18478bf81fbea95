import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { BudgetScope } from '../../values';

class BudgetRemovedV1 {
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => BudgetScope)
  readonly scope!: BudgetScope;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Spending of this scope is not limited any more by itself. */
export const BudgetRemoved = defineEvent('billing.budget.removed', 1, BudgetRemovedV1);
export type BudgetRemoved = EventOf<typeof BudgetRemoved>;
