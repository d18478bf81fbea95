import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { BUDGET_PERIODS, BudgetScope } from '../../values';

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
  /** Absent: the organization. */
  @IsOptional()
  @ValidateNested()
  @Type(() => BudgetScope)
  readonly scope?: BudgetScope;
  /** Of a team: its projects. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(64)
  @IsString({ each: true })
  @Length(1, 128, { each: true })
  readonly projects?: readonly string[];
  /** Percent at which people are told. Absent: 50, 80, 100. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(8)
  @IsInt({ each: true })
  @Min(1, { each: true })
  @Max(1000, { each: true })
  readonly thresholds?: readonly number[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Someone with the right asked for a spending limit. */
export const BudgetRequested = defineEvent('gateway.request.budget-requested', 1, BudgetRequestedV1);
export type BudgetRequested = EventOf<typeof BudgetRequested>;
