import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { JobSpec } from '../../values';

class JobQueuedV1 {
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => JobSpec)
  readonly spec!: JobSpec;
  @IsString()
  @Length(1, 128)
  readonly submittedBy!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The job is accepted and waits for its budget hold, then for GPUs. */
export const JobQueued = defineEvent('cmo.job.queued', 1, JobQueuedV1);
export type JobQueued = EventOf<typeof JobQueued>;
