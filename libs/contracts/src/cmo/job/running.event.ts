import { IsInt, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class JobRunningV1 {
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Every rank runs. */
export const JobRunning = defineEvent('cmo.job.running', 1, JobRunningV1);
export type JobRunning = EventOf<typeof JobRunning>;
