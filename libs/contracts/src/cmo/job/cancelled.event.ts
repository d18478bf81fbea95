import { IsInt, IsString, Length, Matches, MaxLength, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class JobCancelledV1 {
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @IsString()
  @MaxLength(1024)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The job ended because someone asked for it. */
export const JobCancelled = defineEvent('cmo.job.cancelled', 1, JobCancelledV1);
export type JobCancelled = EventOf<typeof JobCancelled>;
