import { Type } from 'class-transformer';
import { IsDefined, IsOptional, IsString, Length, Matches, MaxLength, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { WorkloadRequest } from '../../values';

class WorkloadQueuedV1 {
  @IsDefined()
  @ValidateNested()
  @Type(() => WorkloadRequest)
  readonly request!: WorkloadRequest;
  /** Of the request that began the workload: later decisions about it carry it on. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly correlationId?: string;
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  readonly traceparent?: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: a workload may be placed. */
export const WorkloadQueued = defineEvent('drm.partition.workload-queued', 1, WorkloadQueuedV1);
export type WorkloadQueued = EventOf<typeof WorkloadQueued>;
