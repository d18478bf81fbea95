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
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { INTEGER, ISO_UTC } from '../rules';
import { SOURCES } from './constants';

/** What a placement costs, part by part. `slot`: what else the GPUs could have served. */
export const COST_PARTS = [
  'slot',
  'wear',
  'energy',
  'rate',
  'minimum',
  'boot',
  'eviction',
  'egress',
  'health',
] as const;
export type CostPartName = (typeof COST_PARTS)[number];

/** What would let waiting work start. */
export const WAYS_IN = [
  'wait-for-end',
  'wait-for-lease',
  'wait-for-backoff',
  'wait-for-turn',
  'raise-price',
  'allow-source',
  'allow-region',
  'ask-for-less',
  'add-nodes',
  'raise-quota',
  'raise-budget',
] as const;
export type WayInKind = (typeof WAYS_IN)[number];

/** One part of what a placement costs us, per hour of the work. */
export class CostPart {
  @IsIn(COST_PARTS)
  readonly part!: (typeof COST_PARTS)[number];
  @Matches(INTEGER)
  readonly microUsdPerHour!: string;
}

/** One way to serve a workload, in the one currency in which owned, leased and shared GPUs compare. */
export class CostAlternative {
  @IsIn(SOURCES)
  readonly source!: (typeof SOURCES)[number];
  @IsString()
  @Length(1, 128)
  readonly provider!: string;
  /** A node, or an offer that would become one. */
  @IsString()
  @Length(1, 128)
  readonly candidateId!: string;
  @IsIn(['free', 'busy', 'offered'])
  readonly state!: 'free' | 'busy' | 'offered';
  @IsIn(['simulated', 'real'])
  readonly kind!: 'simulated' | 'real';
  /** What it costs us per hour of the work, all parts together. */
  @Matches(INTEGER)
  readonly costMicroUsdPerHour!: string;
  /** The same in micro-GPU. */
  @IsInt()
  readonly costMicroGpu!: number;
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => CostPart)
  readonly parts!: readonly CostPart[];
  /** What the customer would pay per hour. */
  @Matches(INTEGER)
  readonly priceMicroUsdPerHour!: string;
}

/** When a workload should start: 80 of 100 such intervals should cover the truth. */
export class StartInterval {
  @Matches(ISO_UTC)
  readonly p10At!: string;
  @Matches(ISO_UTC)
  readonly p50At!: string;
  @Matches(ISO_UTC)
  readonly p90At!: string;
}

/** How intervals that were said before compare with what happened. */
export class Calibration {
  /** Starts that had been foreseen. */
  @IsInt()
  @Min(0)
  readonly starts!: number;
  /** Of those, per mille inside the interval; 800 is what is promised. */
  @IsInt()
  @Min(0)
  @Max(1_000)
  readonly coveredPerMille!: number;
  @IsInt()
  @Min(0)
  @Max(1_000)
  readonly earlierPerMille!: number;
  @IsInt()
  @Min(0)
  @Max(1_000)
  readonly laterPerMille!: number;
  /** Mean distance of the middle from the truth. */
  @IsInt()
  @Min(0)
  readonly errorSeconds!: number;
}

/** Work that stands between a workload and its start. Only work of the asker's organization is named. */
export class Blocker {
  @IsString()
  @Length(1, 128)
  readonly name!: string;
  /** Absent for work of others. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly workloadId?: string;
  /** `ahead` in the queue, or `running` where it would go. */
  @IsIn(['ahead', 'running'])
  readonly position!: 'ahead' | 'running';
  /** For running work: when it ends, likely and at the latest. */
  @IsOptional()
  @Matches(ISO_UTC)
  readonly likelyEndAt?: string;
  @IsOptional()
  @Matches(ISO_UTC)
  readonly latestEndAt?: string;
}

/** One thing that would let a workload start. */
export class WayIn {
  @IsIn(WAYS_IN)
  readonly kind!: (typeof WAYS_IN)[number];
  /** A time, an amount, a name: what `kind` speaks of. */
  @IsString()
  @MaxLength(256)
  readonly value!: string;
  @IsString()
  @MaxLength(1024)
  readonly sentence!: string;
}
