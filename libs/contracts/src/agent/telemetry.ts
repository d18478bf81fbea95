import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator';
import { ISO_UTC } from '../rules';

/** One GPU at one instant. What the driver does not tell is left out. */
export class GpuSample {
  @IsInt()
  @Min(0)
  readonly index!: number;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly uuid?: string;
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(100)
  readonly utilizationPercent?: number;
  @IsInt()
  @Min(0)
  readonly memoryUsedMiB!: number;
  @IsInt()
  @Min(0)
  readonly memoryTotalMiB!: number;
  @IsOptional()
  @IsInt()
  readonly temperatureC?: number;
  @IsOptional()
  @IsNumber()
  @Min(0)
  readonly powerW?: number;
}

/** What one running task uses, measured over its process group. */
export class TaskSample {
  @IsString()
  @Length(1, 128)
  readonly taskId!: string;
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsInt()
  @Min(0)
  readonly memoryMiB!: number;
  @IsInt()
  @Min(0)
  readonly processes!: number;
}

/** `agent.<nodeId>.telemetry`, every ten seconds: measured values, never estimates. JSON, no answer. */
export class AgentTelemetry {
  @Matches(ISO_UTC)
  readonly at!: string;
  /** Of all cores together, since the sample before. */
  @IsNumber()
  @Min(0)
  @Max(100)
  readonly cpuPercent!: number;
  @IsNumber()
  @Min(0)
  readonly load1!: number;
  @IsInt()
  @Min(0)
  readonly memoryUsedMiB!: number;
  @IsInt()
  @Min(0)
  readonly memoryTotalMiB!: number;
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => GpuSample)
  readonly gpus!: readonly GpuSample[];
  @IsArray()
  @ArrayMaxSize(256)
  @ValidateNested({ each: true })
  @Type(() => TaskSample)
  readonly tasks!: readonly TaskSample[];
}
