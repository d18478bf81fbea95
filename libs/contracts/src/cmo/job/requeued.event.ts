import { Type } from 'class-transformer';
import { IsDefined, IsInt, IsString, Length, Matches, Min, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { WorkloadRequest } from '../../values';

class JobRequeuedV1 {
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => WorkloadRequest)
  readonly request!: WorkloadRequest;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The job waits for GPUs again, as attempt `attempt`, with its place kept. */
export const JobRequeued = defineEvent('cmo.job.requeued', 1, JobRequeuedV1);
export type JobRequeued = EventOf<typeof JobRequeued>;
