import { IsInt, IsOptional, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class JobFundedV1 {
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  /** All that was ever set aside for the job. */
  @Matches(INTEGER)
  readonly holdMicroUsd!: string;
  /** What its earlier attempts cost. */
  @Matches(INTEGER)
  readonly spentMicroUsd!: string;
  /** Why no more was set aside; absent where it was. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly refused?: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** What another attempt may spend is known: billing raised the hold, or would not. */
export const JobFunded = defineEvent('cmo.job.funded', 1, JobFundedV1);
export type JobFunded = EventOf<typeof JobFunded>;
