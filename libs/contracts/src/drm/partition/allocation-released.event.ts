import { ArrayMaxSize, IsArray, IsInt, IsOptional, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class AllocationReleasedV1 {
  @IsString()
  @Length(1, 128)
  readonly allocationId!: string;
  @IsString()
  @Length(1, 128)
  readonly workloadId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  /** Nodes that it was on, gone or not. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(64)
  @IsString({ each: true })
  @Length(1, 128, { each: true })
  readonly nodeIds?: readonly string[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Decision: the GPUs are free again, from `at` on. */
export const AllocationReleased = defineEvent('drm.partition.allocation-released', 1, AllocationReleasedV1);
export type AllocationReleased = EventOf<typeof AllocationReleased>;
