import { IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { INTEGER, ISO_UTC } from '../rules';
import { DEPRECIATION_METHODS } from './constants';

/** What an owned node cost, how its cost is spread over its life, and what it draws. Amounts are for the whole node. */
export class Procurement {
  @Matches(INTEGER)
  readonly purchaseMicroUsd!: string;
  /** Its life begins here. */
  @Matches(ISO_UTC)
  readonly purchasedAt!: string;
  @IsInt()
  @Min(1)
  @Max(600)
  readonly lifetimeMonths!: number;
  /** What it should still be worth at the end; never depreciated. Absent: nothing. */
  @IsOptional()
  @Matches(INTEGER)
  readonly salvageMicroUsd?: string;
  /** `straight-line`: evenly over the lifetime, used or not. `by-use`: evenly over the GPU-hours that it is good for. */
  @IsIn(DEPRECIATION_METHODS)
  readonly method!: (typeof DEPRECIATION_METHODS)[number];
  /** GPU-hours of use in its lifetime, of all its GPUs together, for `by-use`. Absent: four fifths of the lifetime. */
  @IsOptional()
  @IsInt()
  @Min(1)
  readonly lifetimeGpuHours?: number;
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  readonly idleWatts!: number;
  /** With all GPUs at work. */
  @IsInt()
  @Min(0)
  @Max(1_000_000)
  readonly maxWatts!: number;
  /** Absent: energy costs nothing here. */
  @IsOptional()
  @Matches(INTEGER)
  readonly energyMicroUsdPerKwh?: string;
}
