import { IsInt, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class JobStoppingV1 {
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @IsInt()
  @Min(0)
  readonly graceSeconds!: number;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The tasks were asked to end. */
export const JobStopping = defineEvent('cmo.job.stopping', 1, JobStoppingV1);
export type JobStopping = EventOf<typeof JobStopping>;
