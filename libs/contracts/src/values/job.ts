import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsDefined,
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
import { INTEGER, IsStringRecord, ISO_UTC } from '../rules';
import { JOB_KINDS, RETRY_CAUSES, SHARINGS, SOURCES, TOPOLOGY_LEVELS } from './constants';

/** Data that a job reads, and where it lies. */
export class DataSet {
  @IsString()
  @MaxLength(1024)
  readonly uri!: string;
  @IsString()
  @Length(1, 128)
  readonly site!: string;
  @IsInt()
  @Min(0)
  readonly sizeGiB!: number;
}

/** Wanted on each node. */
export class JobResources {
  @IsInt()
  @Min(0)
  readonly gpus!: number;
  /** Share of each GPU in thousandths; 1000 is the whole GPU. */
  @IsInt()
  @Min(1)
  readonly gpuMilli!: number;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly gpuModel?: string;
  /** At least this much memory per GPU. */
  @IsOptional()
  @IsInt()
  @Min(0)
  readonly gpuMemoryMiB?: number;
  /** Only on GPUs of a pool that is shared so; left out: on GPUs of no pool. */
  @IsOptional()
  @IsIn(SHARINGS)
  readonly sharing?: (typeof SHARINGS)[number];
  /** A MIG slice of each GPU, as NVIDIA names it: `1g.10gb`. Its share of the GPU follows from the profile. */
  @IsOptional()
  @IsString()
  @Length(1, 32)
  readonly migProfile?: string;
  @IsInt()
  @Min(0)
  readonly cpuMilli!: number;
  @IsInt()
  @Min(0)
  readonly memoryMiB!: number;
}

/** Where a job may run. */
export class JobPlacement {
  /** In order of preference. */
  @IsArray()
  @ArrayMaxSize(16)
  @IsIn(SOURCES, { each: true })
  readonly sources!: readonly (typeof SOURCES)[number][];
  /** Allowed regions, `eu-*` patterns; empty allows all. */
  @IsArray()
  @ArrayMaxSize(256)
  @IsString({ each: true })
  @Length(1, 128, { each: true })
  readonly regions!: readonly string[];
  /** True: on simulated nodes only. False: on real ones only. */
  @IsBoolean()
  readonly simulated!: boolean;
}

/** How closely together the nodes of a gang must be. */
export class JobTopology {
  @IsIn(TOPOLOGY_LEVELS)
  readonly level!: (typeof TOPOLOGY_LEVELS)[number];
  /** True: it waits rather than being spread further. */
  @IsBoolean()
  readonly required!: boolean;
}

/** What a job may use at most. */
export class JobLimits {
  /** Hard: held at admission. */
  @IsOptional()
  @Matches(INTEGER)
  readonly budgetMicroUsd?: string;
  @IsOptional()
  @Matches(INTEGER)
  readonly maxPriceMicroUsdPerGpuHour?: string;
  /** Per attempt. */
  @IsInt()
  @Min(1)
  readonly maxRuntimeSeconds!: number;
}

/** When and how often an ended attempt is tried again. */
export class JobRetry {
  @IsInt()
  @Min(0)
  readonly max!: number;
  @IsArray()
  @ArrayMaxSize(16)
  @IsIn(RETRY_CAUSES, { each: true })
  readonly on!: readonly (typeof RETRY_CAUSES)[number][];
  @IsInt()
  @Min(0)
  readonly backoffSecondsMin!: number;
  @IsInt()
  @Min(0)
  readonly backoffSecondsMax!: number;
}

/** A path that is kept across attempts on one node, and handed to the next as SOLYX_CHECKPOINT. */
export class JobCheckpoint {
  @IsString()
  @MaxLength(1024)
  readonly path!: string;
  @IsInt()
  @Min(0)
  readonly everySeconds!: number;
}

/** How a simulated run behaves. */
export class JobSimulation {
  @IsInt()
  @Min(0)
  readonly durationMs!: number;
  @IsInt()
  @Min(0)
  readonly exitCode!: number;
}

/** A job, normalised: every default is filled in. */
export class JobSpec {
  /** DNS label, RFC 1123. */
  @IsString()
  @Length(1, 128)
  readonly name!: string;
  @IsIn(JOB_KINDS)
  readonly kind!: (typeof JOB_KINDS)[number];
  @IsString()
  @Length(1, 128)
  readonly project!: string;
  /** argv; no shell unless asked for. */
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
  @IsDefined()
  @ValidateNested()
  @Type(() => JobResources)
  readonly resources!: JobResources;
  /** A gang: all or none. */
  @IsInt()
  @Min(1)
  readonly nodes!: number;
  /** Elastic: it may start with this many of `nodes`. */
  @IsOptional()
  @IsInt()
  @Min(1)
  readonly nodesMin?: number;
  @IsOptional()
  @ValidateNested()
  @Type(() => JobTopology)
  readonly topology?: JobTopology;
  /** Whose quota it counts against; `default` where left out. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly queue?: string;
  /** When it should be done. */
  @IsOptional()
  @Matches(ISO_UTC)
  readonly deadline?: string;
  /** Cheaper, and the first to go: it may be stopped with a notice at any time after its minimum runtime. */
  @IsOptional()
  @IsBoolean()
  readonly spot?: boolean;
  /** It is not preempted sooner after its start than this. */
  @IsOptional()
  @IsInt()
  @Min(0)
  readonly minRuntimeSeconds?: number;
  @IsDefined()
  @ValidateNested()
  @Type(() => JobPlacement)
  readonly placement!: JobPlacement;
  @IsDefined()
  @ValidateNested()
  @Type(() => JobLimits)
  readonly limits!: JobLimits;
  /** 0–100, 50 is usual; higher goes first. */
  @IsInt()
  @Min(0)
  readonly priority!: number;
  @IsDefined()
  @ValidateNested()
  @Type(() => JobRetry)
  readonly retry!: JobRetry;
  @IsOptional()
  @ValidateNested()
  @Type(() => JobCheckpoint)
  readonly checkpoint?: JobCheckpoint;
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => DataSet)
  readonly data!: readonly DataSet[];
  @IsOptional()
  @ValidateNested()
  @Type(() => JobSimulation)
  readonly simulation?: JobSimulation;
}
