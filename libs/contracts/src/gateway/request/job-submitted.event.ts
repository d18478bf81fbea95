import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { JobSpec } from '../../values';

class JobSubmittedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => JobSpec)
  readonly spec!: JobSpec;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A customer asked for a job to be run. */
export const JobSubmitted = defineEvent('gateway.request.job-submitted', 1, JobSubmittedV1);
export type JobSubmitted = EventOf<typeof JobSubmitted>;
