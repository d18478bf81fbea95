import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsDefined,
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
import { Calibration, StartInterval } from '../../values';

class EtaComputedV1 {
  @IsString()
  @Length(1, 128)
  readonly etaId!: string;
  /** Absent for a job that is not submitted. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly workloadId?: string;
  @IsIn(['Waiting', 'Holding', 'Planned', 'Unknown'])
  readonly phase!: 'Waiting' | 'Holding' | 'Planned' | 'Unknown';
  /** Absent where nothing that is known would let it start, or where it has started. */
  @IsOptional()
  @ValidateNested()
  @Type(() => StartInterval)
  readonly start?: StartInterval;
  /** When it should be over; absent where no start is. */
  @IsOptional()
  @ValidateNested()
  @Type(() => StartInterval)
  readonly end?: StartInterval;
  /** Ended runs that the durations were learned from. */
  @IsInt()
  @Min(0)
  readonly observations!: number;
  /** `tenant-shape`, `shape`, `tenant`, `all`, or `maximum` where nothing has ended yet. */
  @IsIn(['tenant-shape', 'shape', 'tenant', 'all', 'maximum'])
  readonly basis!: 'tenant-shape' | 'shape' | 'tenant' | 'all' | 'maximum';
  @IsDefined()
  @ValidateNested()
  @Type(() => Calibration)
  readonly calibration!: Calibration;
  /** True: it runs on simulated nodes only. */
  @IsBoolean()
  readonly simulated!: boolean;
  @IsString()
  @MaxLength(1024)
  readonly sentence!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The answer to when: an interval, and how often such intervals were right. */
export const EtaComputed = defineEvent('drm.eta.computed', 1, EtaComputedV1);
export type EtaComputed = EventOf<typeof EtaComputed>;
