import { ArrayMaxSize, IsArray, IsInt, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class JobStartingV1 {
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @IsArray()
  @ArrayMaxSize(64)
  @IsString({ each: true })
  @Length(1, 128, { each: true })
  readonly nodeIds!: readonly string[];
  /** The shortest of maximum runtime and what the hold pays for. */
  @IsInt()
  @Min(1)
  readonly stopAfterSeconds!: number;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Tasks were sent to the nodes. */
export const JobStarting = defineEvent('cmo.job.starting', 1, JobStartingV1);
export type JobStarting = EventOf<typeof JobStarting>;
