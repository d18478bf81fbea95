import { IsInt, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class JobTaskStartedV1 {
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @IsInt()
  @Min(0)
  readonly rank!: number;
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The process of one rank runs. */
export const JobTaskStarted = defineEvent('cmo.job.task-started', 1, JobTaskStartedV1);
export type JobTaskStarted = EventOf<typeof JobTaskStarted>;
