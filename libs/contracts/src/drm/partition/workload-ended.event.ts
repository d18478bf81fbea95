import { IsInt, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class WorkloadEndedV1 {
  @IsString()
  @Length(1, 128)
  readonly workloadId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: the workload needs its GPUs no more. */
export const WorkloadEnded = defineEvent('drm.partition.workload-ended', 1, WorkloadEndedV1);
export type WorkloadEnded = EventOf<typeof WorkloadEnded>;
