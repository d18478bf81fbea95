import { IsIn, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { BUDGET_PERIODS } from '../../values';

class BudgetRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @Matches(INTEGER)
  readonly limitMicroUsd!: string;
  @IsIn(BUDGET_PERIODS)
  readonly period!: (typeof BUDGET_PERIODS)[number];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Someone with the right asked for a spending limit. */
export const BudgetRequested = defineEvent('gateway.request.budget-requested', 1, BudgetRequestedV1);
export type BudgetRequested = EventOf<typeof BudgetRequested>;
