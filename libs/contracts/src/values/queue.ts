import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsDefined,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Min,
  ValidateNested,
} from 'class-validator';
import { INTEGER } from '../rules';
import { QUEUE_BUDGET_PERIODS } from './constants';

/** An amount of each resource that quotas count. */
export class Quota {
  @IsInt()
  @Min(0)
  readonly gpuMilli!: number;
  @IsInt()
  @Min(0)
  readonly cpuMilli!: number;
  @IsInt()
  @Min(0)
  readonly memoryMiB!: number;
}

/** What a queue may use within each period; periods begin at 00:00 UTC, weeks on Monday. At least one of both amounts. */
export class QueueBudget {
  @IsIn(QUEUE_BUDGET_PERIODS)
  readonly period!: (typeof QUEUE_BUDGET_PERIODS)[number];
  /** Thousandths of a GPU-hour. */
  @IsOptional()
  @IsInt()
  @Min(0)
  readonly gpuMilliHours?: number;
  @IsOptional()
  @Matches(INTEGER)
  readonly microUsd?: string;
}

/** A queue of one organization, with its quota in a cohort; the shape of a Kueue ClusterQueue. */
export class QueueSpec {
  @IsString()
  @Length(1, 128)
  readonly queueId!: string;
  /** Whose it is: nobody else's jobs may name it. */
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  /** Queues of one cohort lend each other what they do not use. */
  @IsString()
  @Length(1, 128)
  readonly cohort!: string;
  /** Its own, whenever it wants it. */
  @IsDefined()
  @ValidateNested()
  @Type(() => Quota)
  readonly nominal!: Quota;
  /** At most this much beyond nominal, of what the cohort lends. Absent: no limit. */
  @IsOptional()
  @ValidateNested()
  @Type(() => Quota)
  readonly borrowingLimit?: Quota;
  /** At most this much of nominal is lent while unused. Absent: all of it. */
  @IsOptional()
  @ValidateNested()
  @Type(() => Quota)
  readonly lendingLimit?: Quota;
  /** Its part of what is shared, against the other queues'. */
  @IsInt()
  @Min(1)
  readonly weight!: number;
  /** Among queues of equal share the higher goes first. Absent: 50. */
  @IsOptional()
  @IsInt()
  @Min(0)
  readonly priority?: number;
  @IsArray()
  @ArrayMaxSize(8)
  @ValidateNested({ each: true })
  @Type(() => QueueBudget)
  readonly budgets!: readonly QueueBudget[];
}
