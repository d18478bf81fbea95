import { IsInt, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class JobEvictedV1 {
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The attempt lost its GPUs: node lost, preempted, or lease ended. */
export const JobEvicted = defineEvent('cmo.job.evicted', 1, JobEvictedV1);
export type JobEvicted = EventOf<typeof JobEvicted>;
