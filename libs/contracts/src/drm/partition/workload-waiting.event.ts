import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsInt,
  IsString,
  Length,
  Matches,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { WaitReason } from '../../values';

class WorkloadWaitingV1 {
  @IsString()
  @Length(1, 128)
  readonly workloadId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  /** Workloads before it in the queue. */
  @IsInt()
  @Min(0)
  readonly ahead!: number;
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => WaitReason)
  readonly reasons!: readonly WaitReason[];
  @IsString()
  @MaxLength(1024)
  readonly sentence!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Decision: not now, and why; recorded when the reasons change. */
export const WorkloadWaiting = defineEvent('drm.partition.workload-waiting', 1, WorkloadWaitingV1);
export type WorkloadWaiting = EventOf<typeof WorkloadWaiting>;
