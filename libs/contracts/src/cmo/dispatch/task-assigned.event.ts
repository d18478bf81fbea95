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
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC, IsStringRecord } from '../../rules';
import { EXECUTORS, JobCheckpoint, JobSimulation, MigShare, PoolShare } from '../../values';

class TaskAssignedV1 {
  @IsString()
  @Length(1, 128)
  readonly taskId!: string;
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @IsInt()
  @Min(0)
  readonly rank!: number;
  @IsInt()
  @Min(1)
  readonly ranks!: number;
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsIn(EXECUTORS)
  readonly executor!: (typeof EXECUTORS)[number];
  @IsArray()
  @ArrayMaxSize(256)
  @IsString({ each: true })
  @MaxLength(8192, { each: true })
  readonly command!: readonly string[];
  @IsStringRecord()
  readonly env!: Readonly<Record<string, string>>;
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  readonly workdir?: string;
  @IsArray()
  @ArrayMaxSize(16)
  @IsInt({ each: true })
  @Min(0, { each: true })
  readonly gpuIndexes!: readonly number[];
  /** Thousandths, summed over the GPUs; left out where they are whole. */
  @IsOptional()
  @IsInt()
  @Min(0)
  readonly gpuMilli?: number;
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => MigShare)
  readonly mig?: readonly MigShare[];
  @IsOptional()
  @ValidateNested()
  @Type(() => PoolShare)
  readonly pool?: PoolShare;
  @IsInt()
  @Min(0)
  readonly cpuMilli!: number;
  @IsInt()
  @Min(0)
  readonly memoryMiB!: number;
  @IsInt()
  @Min(1)
  readonly stopAfterSeconds!: number;
  @IsOptional()
  @ValidateNested()
  @Type(() => JobCheckpoint)
  readonly checkpoint?: JobCheckpoint;
  @IsOptional()
  @ValidateNested()
  @Type(() => JobSimulation)
  readonly simulation?: JobSimulation;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The node is told to run a task. */
export const TaskAssigned = defineEvent('cmo.dispatch.task-assigned', 1, TaskAssignedV1);
export type TaskAssigned = EventOf<typeof TaskAssigned>;
