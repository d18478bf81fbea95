import { IsInt, IsOptional, IsString, Length, Matches, MaxLength, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class JobTaskExitedV1 {
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
  /** -1 where there is none. */
  @IsInt()
  readonly exitCode!: number;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly signal?: string;
  /** MaxRuntimeExceeded, MemoryExceeded, Cancelled, Lost, StartFailed … */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly reason?: string;
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  readonly message?: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The process of one rank ended. */
export const JobTaskExited = defineEvent('cmo.job.task-exited', 1, JobTaskExitedV1);
export type JobTaskExited = EventOf<typeof JobTaskExited>;
