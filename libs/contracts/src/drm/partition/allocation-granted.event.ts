import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsDefined,
  IsString,
  Length,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { Allocation, Candidate } from '../../values';

class AllocationGrantedV1 {
  @IsDefined()
  @ValidateNested()
  @Type(() => Allocation)
  readonly allocation!: Allocation;
  /** Scheduler and its version: old decisions replay with their own. */
  @IsString()
  @Length(1, 128)
  readonly policy!: string;
  @IsArray()
  @ArrayMaxSize(12)
  @ValidateNested({ each: true })
  @Type(() => Candidate)
  readonly candidates!: readonly Candidate[];
  /** Why, for people. */
  @IsString()
  @MaxLength(1024)
  readonly sentence!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Decision: the workload holds these GPUs from now on. The chosen candidates, the runners-up and their terms say why. */
export const AllocationGranted = defineEvent('drm.partition.allocation-granted', 1, AllocationGrantedV1);
export type AllocationGranted = EventOf<typeof AllocationGranted>;
