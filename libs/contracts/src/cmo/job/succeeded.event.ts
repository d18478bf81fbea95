import { IsInt, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class JobSucceededV1 {
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Every rank ended with exit code 0. */
export const JobSucceeded = defineEvent('cmo.job.succeeded', 1, JobSucceededV1);
export type JobSucceeded = EventOf<typeof JobSucceeded>;
