import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
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
import { DataSet, JobLimits, JobPlacement, JobResources, JobTopology, type JobSpec } from './job';

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
  /** Seconds between checkpoints, where it keeps any: what an eviction loses at most. */
  @IsOptional()
  @IsInt()
  @Min(0)
  readonly checkpointSeconds?: number;
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

type Asked = Pick<
  WorkloadRequest,
  | 'project'
  | 'name'
  | 'resources'
  | 'nodes'
  | 'nodesMin'
  | 'topology'
  | 'placement'
  | 'limits'
  | 'priority'
  | 'queue'
  | 'deadline'
  | 'spot'
  | 'minRuntimeSeconds'
  | 'checkpointSeconds'
  | 'data'
>;

/** The part of a job that the scheduler gets to know, field for field; what the job does not say stays absent. */
export function askedOf(spec: JobSpec): Asked {
  const { project, name, resources, nodes, placement, limits, priority, data } = spec;
  const { nodesMin, topology, queue, deadline, spot, minRuntimeSeconds, checkpoint } = spec;
  return {
    ...{ project, name, resources, nodes, placement, limits, priority, data },
    ...(nodesMin === undefined ? {} : { nodesMin }),
    ...(topology === undefined ? {} : { topology }),
    ...(queue === undefined ? {} : { queue }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(spot === undefined ? {} : { spot }),
    ...(minRuntimeSeconds === undefined ? {} : { minRuntimeSeconds }),
    ...(checkpoint === undefined ? {} : { checkpointSeconds: checkpoint.everySeconds }),
  };
}
