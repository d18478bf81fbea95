import { Type } from 'class-transformer';
import { IsDefined, IsIn, IsInt, IsString, Length, Matches, Max, Min, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { BUDGET_PERIODS, BudgetScope } from '../../values';

class BudgetThresholdReachedV1 {
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => BudgetScope)
  readonly scope!: BudgetScope;
  @IsIn(BUDGET_PERIODS)
  readonly period!: (typeof BUDGET_PERIODS)[number];
  /** `2026-01`, `2026-01-31` or `total`, by the calendar of the account. */
  @IsString()
  @Length(1, 10)
  readonly periodKey!: string;
  @IsInt()
  @Min(1)
  @Max(1000)
  readonly thresholdPercent!: number;
  @Matches(INTEGER)
  readonly limitMicroUsd!: string;
  @Matches(INTEGER)
  readonly spentMicroUsd!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** So many percent of a budget are spent. Once per threshold, scope and period; at 100 nothing more is admitted. */
export const BudgetThresholdReached = defineEvent('billing.budget.threshold-reached', 1, BudgetThresholdReachedV1);
export type BudgetThresholdReached = EventOf<typeof BudgetThresholdReached>;
