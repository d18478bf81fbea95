import { IsInt, IsString, Length, Matches, MaxLength, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class JobCheckpointedV1 {
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsString()
  @MaxLength(1024)
  readonly path!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The job left a checkpoint that its next attempt can start from. */
export const JobCheckpointed = defineEvent('cmo.job.checkpointed', 1, JobCheckpointedV1);
export type JobCheckpointed = EventOf<typeof JobCheckpointed>;
