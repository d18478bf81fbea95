import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsInt,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { NodeFigures } from '../../values';

class FleetMeasuredV1 {
  @IsString()
  @Length(1, 128)
  readonly fleetId!: string;
  @IsInt()
  @Min(0)
  readonly nodes!: number;
  @IsInt()
  @Min(0)
  readonly gpuMilli!: number;
  @IsInt()
  @Min(0)
  readonly gpuMilliFree!: number;
  @IsInt()
  @Min(0)
  readonly gpuMilliFragmented!: number;
  @IsInt()
  @Min(0)
  readonly gpuMilliWithoutCpu!: number;
  @IsInt()
  @Min(0)
  readonly gpuMilliWithoutMemory!: number;
  @IsInt()
  @Min(0)
  @Max(1_000)
  readonly fragmentedPerMille!: number;
  /** Classes of work in the mix that this was measured with. */
  @IsInt()
  @Min(0)
  readonly classes!: number;
  /** What an owned GPU costs per hour, over the owned GPUs whose purchase is known; 0 where none is. */
  @Matches(INTEGER)
  readonly ownedMicroUsdPerGpuHour!: string;
  /** The most fragmented first. */
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => NodeFigures)
  readonly worst!: readonly NodeFigures[];
  @IsString()
  @MaxLength(1024)
  readonly sentence!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** What is free in the fleet, and what of it the usual work cannot use. */
export const FleetMeasured = defineEvent('drm.fleet.measured', 1, FleetMeasuredV1);
export type FleetMeasured = EventOf<typeof FleetMeasured>;
