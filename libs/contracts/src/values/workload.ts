import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsDefined,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Min,
  ValidateNested,
} from 'class-validator';
import { ISO_UTC } from '../rules';
import { DataSet, JobLimits, JobPlacement, JobResources } from './job';

/** What the scheduler knows of a job or deployment. */
export class WorkloadRequest {
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
  @IsString()
  @Length(1, 128)
  readonly name!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => JobResources)
  readonly resources!: JobResources;
  @IsInt()
  @Min(1)
  readonly nodes!: number;
  @IsDefined()
  @ValidateNested()
  @Type(() => JobPlacement)
  readonly placement!: JobPlacement;
  @IsDefined()
  @ValidateNested()
  @Type(() => JobLimits)
  readonly limits!: JobLimits;
  @IsInt()
  @Min(0)
  readonly priority!: number;
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => DataSet)
  readonly data!: readonly DataSet[];
  /** When the workload first queued; kept over attempts, so that its place is. */
  @Matches(ISO_UTC)
  readonly queuedAt!: string;
  @IsOptional()
  @Matches(ISO_UTC)
  readonly notBefore?: string;
}
