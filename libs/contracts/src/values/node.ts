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
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { INTEGER } from '../rules';
import { EXECUTORS, SOURCES } from './constants';

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
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly leaseId?: string;
  /** What the node costs us per hour: the lease rate, or 0 for owned. */
  @Matches(INTEGER)
  readonly costMicroUsdPerHour!: string;
}
