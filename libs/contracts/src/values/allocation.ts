import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { INTEGER, ISO_UTC } from '../rules';
import { EXECUTORS, SHARINGS, SOURCES, VERDICTS } from './constants';

/** A MIG slice that a workload holds. */
export class MigShare {
  @IsInt()
  @Min(0)
  readonly gpuIndex!: number;
  @IsString()
  @Length(1, 32)
  readonly profile!: string;
  /** First of its memory slices, 0–7. */
  @IsInt()
  @Min(0)
  @Max(7)
  readonly start!: number;
  /** Of the slice as it exists on the machine; left out where it is simulated. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly uuid?: string;
}

/** The pool whose GPUs a workload shares. */
export class PoolShare {
  @IsString()
  @Length(1, 128)
  readonly poolId!: string;
  @IsIn(SHARINGS)
  readonly sharing!: (typeof SHARINGS)[number];
  @IsInt()
  @Min(1)
  readonly ratio!: number;
  @IsOptional()
  @IsInt()
  @Min(1)
  readonly quantumMs?: number;
}

/** The part of one node that a workload holds. */
export class AllocationShare {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsInt()
  @Min(0)
  readonly rank!: number;
  @IsString()
  @Length(1, 128)
  readonly site!: string;
  @IsIn(SOURCES)
  readonly source!: (typeof SOURCES)[number];
  @IsString()
  @Length(1, 128)
  readonly provider!: string;
  @IsBoolean()
  readonly simulated!: boolean;
  @IsIn(EXECUTORS)
  readonly executor!: (typeof EXECUTORS)[number];
  /** Empty where no GPU is held. */
  @IsString()
  @MaxLength(1024)
  readonly gpuModel!: string;
  @IsArray()
  @ArrayMaxSize(16)
  @IsInt({ each: true })
  @Min(0, { each: true })
  readonly gpuIndexes!: readonly number[];
  /** Sum over the GPUs. */
  @IsInt()
  @Min(0)
  readonly gpuMilli!: number;
  @IsInt()
  @Min(0)
  readonly cpuMilli!: number;
  @IsInt()
  @Min(0)
  readonly memoryMiB!: number;
  /** One slice of each GPU, where slices are held. */
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
  /** What the customer pays per hour for this share. */
  @Matches(INTEGER)
  readonly priceMicroUsdPerHour!: string;
}

/** Room on one node that is kept for a workload. */
export class RoomShare {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsArray()
  @ArrayMaxSize(16)
  @IsInt({ each: true })
  @Min(0, { each: true })
  readonly gpuIndexes!: readonly number[];
  /** Sum over the GPUs. */
  @IsInt()
  @Min(0)
  readonly gpuMilli!: number;
  @IsInt()
  @Min(0)
  readonly cpuMilli!: number;
  @IsInt()
  @Min(0)
  readonly memoryMiB!: number;
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
}

/** Data that crosses sites for an allocation, and its price. */
export class Transfer {
  @IsString()
  @MaxLength(1024)
  readonly uri!: string;
  @IsString()
  @Length(1, 128)
  readonly fromSite!: string;
  @IsString()
  @Length(1, 128)
  readonly toSite!: string;
  @IsArray()
  @ArrayMaxSize(16)
  @IsString({ each: true })
  @Length(1, 128, { each: true })
  readonly path!: readonly string[];
  @IsInt()
  @Min(0)
  readonly sizeGiB!: number;
  @IsInt()
  @Min(0)
  readonly latencyUs!: number;
  @Matches(INTEGER)
  readonly priceMicroUsdPerGiB!: string;
  @Matches(INTEGER)
  readonly priceMicroUsd!: string;
}

/** What a workload holds, from `grantedAt` (inclusive) to its release (exclusive). */
export class Allocation {
  @IsString()
  @Length(1, 128)
  readonly allocationId!: string;
  @IsString()
  @Length(1, 128)
  readonly workloadId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 128)
  readonly project!: string;
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => AllocationShare)
  readonly shares!: readonly AllocationShare[];
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => Transfer)
  readonly transfers!: readonly Transfer[];
  @Matches(INTEGER)
  readonly priceMicroUsdPerHour!: string;
  @Matches(ISO_UTC)
  readonly grantedAt!: string;
}

/** One opinion in a score, in micro-GPU; more is better. */
export class ScoreTerm {
  @IsString()
  @Length(1, 128)
  readonly term!: string;
  @IsInt()
  readonly value!: number;
}

/** A node that was considered. */
export class Candidate {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsIn(SOURCES)
  readonly source!: (typeof SOURCES)[number];
  @IsBoolean()
  readonly simulated!: boolean;
  @IsInt()
  readonly score!: number;
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => ScoreTerm)
  readonly terms!: readonly ScoreTerm[];
  @Matches(INTEGER)
  readonly priceMicroUsdPerHour!: string;
  @IsIn(VERDICTS)
  readonly verdict!: (typeof VERDICTS)[number];
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly reason?: string;
}

/** Why a number of nodes do not fit, as a Kueue condition counts them. */
export class WaitReason {
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @IsInt()
  @Min(0)
  readonly count!: number;
}
