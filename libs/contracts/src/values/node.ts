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
import { INTEGER } from '../rules';
import { EXECUTORS, SHARINGS, SOURCES, TENANCIES } from './constants';

/** A slice of a GPU that exists on the machine, as `nvidia-smi -L` and `nvidia-smi mig -lgi` list it. */
export class MigInstance {
  /** As NVIDIA names it: `1g.10gb`. */
  @IsString()
  @Length(1, 32)
  readonly profile!: string;
  /** First of its memory slices, 0–7. */
  @IsInt()
  @Min(0)
  @Max(7)
  readonly start!: number;
  /** `MIG-…`: what CUDA_VISIBLE_DEVICES takes. */
  @IsString()
  @Length(1, 128)
  readonly uuid!: string;
}

/** GPUs of a node that workloads share in one way. */
export class GpuPool {
  @IsString()
  @Length(1, 128)
  readonly poolId!: string;
  @IsArray()
  @ArrayMaxSize(16)
  @IsInt({ each: true })
  @Min(0, { each: true })
  readonly gpuIndexes!: readonly number[];
  @IsIn(SHARINGS)
  readonly sharing!: (typeof SHARINGS)[number];
  /** Workloads on one GPU at most. */
  @IsInt()
  @Min(1)
  @Max(64)
  readonly ratio!: number;
  /** Milliseconds of one turn, where they take turns. */
  @IsOptional()
  @IsInt()
  @Min(1)
  readonly quantumMs?: number;
  /** `private`: work of one tenant at a time, on the whole pool. */
  @IsIn(TENANCIES)
  readonly tenancy!: (typeof TENANCIES)[number];
}

/** One GPU of a node, as `nvidia-smi` or the simulated fleet describes it. */
export class Gpu {
  @IsInt()
  @Min(0)
  readonly index!: number;
  /** Short field name: H100, A100, L4, RTX4090. */
  @IsString()
  @Length(1, 128)
  readonly model!: string;
  @IsInt()
  @Min(0)
  readonly memoryMiB!: number;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly uuid?: string;
  /** NVLink or InfiniBand island; GPUs of one island talk fast. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly island?: string;
  /** It is in MIG mode: only slices of it can be held. */
  @IsOptional()
  @IsBoolean()
  readonly migEnabled?: boolean;
  /** Slices that exist. Without any, a simulated GPU is cut as it is wanted; a real one has none to give. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(8)
  @ValidateNested({ each: true })
  @Type(() => MigInstance)
  readonly migInstances?: readonly MigInstance[];
}

/** What a machine can do. */
export class NodeFacts {
  @IsString()
  @Length(1, 128)
  readonly hostname!: string;
  @IsString()
  @MaxLength(1024)
  readonly os!: string;
  /** Thousandths of a core. */
  @IsInt()
  @Min(0)
  readonly cpuMilli!: number;
  @IsInt()
  @Min(0)
  readonly memoryMiB!: number;
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => Gpu)
  readonly gpus!: readonly Gpu[];
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  readonly driver?: string;
}

/** Whose a node is and where it stands. */
export class NodeTerms {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsIn(SOURCES)
  readonly source!: (typeof SOURCES)[number];
  /** Lessor or owner: `owned`, `vast`, `runpod`, … */
  @IsString()
  @Length(1, 128)
  readonly provider!: string;
  /** True: no hardware behind it. Shown wherever the node is shown. */
  @IsBoolean()
  readonly simulated!: boolean;
  @IsIn(EXECUTORS)
  readonly executor!: (typeof EXECUTORS)[number];
  @IsString()
  @Length(1, 128)
  readonly site!: string;
  @IsString()
  @Length(1, 128)
  readonly region!: string;
  /** Rack, unique within the site. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly rack?: string;
  /** InfiniBand island, unique within the site: nodes of one talk fast. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly fabric?: string;
  /** How GPUs are shared. Those in no pool are held in thousandths, by whomever. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => GpuPool)
  readonly pools?: readonly GpuPool[];
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly leaseId?: string;
  /** Of a shared node: how much of the time it is well; its price counts by this. 1,000 where it is absent. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000)
  readonly healthPerMille?: number;
  /** What the node costs us per hour: the lease rate, or 0 for owned. */
  @Matches(INTEGER)
  readonly costMicroUsdPerHour!: string;
}
