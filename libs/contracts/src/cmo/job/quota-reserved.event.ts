import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { WorkloadRequest } from '../../values';

class JobQuotaReservedV1 {
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @Matches(INTEGER)
  readonly holdMicroUsd!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => WorkloadRequest)
  readonly request!: WorkloadRequest;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Money is held for the job; the scheduler may place it (Kueue: QuotaReserved). */
export const JobQuotaReserved = defineEvent('cmo.job.quota-reserved', 1, JobQuotaReservedV1);
export type JobQuotaReserved = EventOf<typeof JobQuotaReserved>;
