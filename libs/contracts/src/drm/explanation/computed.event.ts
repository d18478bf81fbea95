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
import { Blocker, StartInterval, WaitReason, WayIn } from '../../values';

class ExplanationComputedV1 {
  @IsString()
  @Length(1, 128)
  readonly explanationId!: string;
  @IsString()
  @Length(1, 128)
  readonly workloadId!: string;
  /** `Unknown`: the scheduler does not hold it, because it ended or was not admitted yet. */
  @IsIn(['Waiting', 'Holding', 'Unknown'])
  readonly phase!: 'Waiting' | 'Holding' | 'Unknown';
  /** Workloads before it. */
  @IsInt()
  @Min(0)
  readonly ahead!: number;
  /** Of how many nodes each reason keeps it away, as Kueue's conditions count them. */
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => WaitReason)
  readonly reasons!: readonly WaitReason[];
  /** Who is before it, and what runs where it would go; others' work without its name. */
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => Blocker)
  readonly blockers!: readonly Blocker[];
  /** What would let it in, the most certain first. */
  @IsArray()
  @ArrayMaxSize(8)
  @ValidateNested({ each: true })
  @Type(() => WayIn)
  readonly waysIn!: readonly WayIn[];
  @IsOptional()
  @ValidateNested()
  @Type(() => StartInterval)
  readonly start?: StartInterval;
  @IsString()
  @MaxLength(1024)
  readonly sentence!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The answer to why: what a workload waits for, who is ahead, and what would let it in. */
export const ExplanationComputed = defineEvent('drm.explanation.computed', 1, ExplanationComputedV1);
export type ExplanationComputed = EventOf<typeof ExplanationComputed>;
