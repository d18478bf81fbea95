import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { EVICTION_REASONS, RoomShare, ScoreTerm } from '../../values';

class PreemptionRequestedV1 {
  /** Who is to end. */
  @IsString()
  @Length(1, 128)
  readonly workloadId!: string;
  @IsString()
  @Length(1, 128)
  readonly allocationId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsIn(EVICTION_REASONS)
  readonly reason!: (typeof EVICTION_REASONS)[number];
  /** Who gets the room. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly forWorkloadId?: string;
  /** What is kept for that one, all of it with the first of its evictions. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => RoomShare)
  readonly room?: readonly RoomShare[];
  /** Between being told and being killed. */
  @IsInt()
  @Min(0)
  readonly noticeSeconds!: number;
  /** What it costs and what it brings, in micro-GPU-seconds. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => ScoreTerm)
  readonly terms?: readonly ScoreTerm[];
  @IsString()
  @MaxLength(1024)
  readonly sentence!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Decision: a running workload is to give its GPUs back, after a notice. It is released when it has ended. */
export const PreemptionRequested = defineEvent('drm.partition.preemption-requested', 1, PreemptionRequestedV1);
export type PreemptionRequested = EventOf<typeof PreemptionRequested>;
