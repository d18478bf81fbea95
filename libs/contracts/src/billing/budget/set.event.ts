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

class BudgetSetV1 {
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @Matches(INTEGER)
  readonly limitMicroUsd!: string;
  @IsIn(BUDGET_PERIODS)
  readonly period!: (typeof BUDGET_PERIODS)[number];
  /** Absent: the organization. */
  @IsOptional()
  @ValidateNested()
  @Type(() => BudgetScope)
  readonly scope?: BudgetScope;
  /** Of a team: its projects. What they spend from now on is the team's. */
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
  /** IANA time zone by whose calendar days and months are cut. Absent: UTC. */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  readonly zone?: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Spending of the organization, or of a part of it, is limited, hard. */
export const BudgetSet = defineEvent('billing.budget.set', 1, BudgetSetV1);
export type BudgetSet = EventOf<typeof BudgetSet>;
