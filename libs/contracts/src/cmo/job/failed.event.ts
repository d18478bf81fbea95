import { IsInt, IsString, Length, Matches, MaxLength, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class JobFailedV1 {
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @IsString()
  @MaxLength(1024)
  readonly message!: string;
  @IsInt()
  readonly exitCode!: number;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The job ended without success and is not tried again. */
export const JobFailed = defineEvent('cmo.job.failed', 1, JobFailedV1);
export type JobFailed = EventOf<typeof JobFailed>;
