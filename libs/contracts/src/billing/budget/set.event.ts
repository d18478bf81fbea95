import { IsIn, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { BUDGET_PERIODS } from '../../values';

class BudgetSetV1 {
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @Matches(INTEGER)
  readonly limitMicroUsd!: string;
  @IsIn(BUDGET_PERIODS)
  readonly period!: (typeof BUDGET_PERIODS)[number];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Spending of the organization is limited, hard. */
export const BudgetSet = defineEvent('billing.budget.set', 1, BudgetSetV1);
export type BudgetSet = EventOf<typeof BudgetSet>;
