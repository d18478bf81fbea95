import { IsBoolean, IsInt, IsString, Length, Matches, Min } from 'class-validator';
import { INTEGER } from '../rules';

/** Bounds that the optimizer can never exceed. */
export class AutonomyLimits {
  @IsInt()
  @Min(0)
  readonly leasedNodesMax!: number;
  /** Sum over all leases. */
  @Matches(INTEGER)
  readonly leaseMicroUsdPerHourMax!: string;
  @IsInt()
  @Min(0)
  readonly leasesPerHourMax!: number;
}

/** What the optimizer saw when it decided. */
export class FleetObservation {
  /** Log position up to which it had read. */
  @Matches(INTEGER)
  readonly position!: string;
  @IsInt()
  @Min(0)
  readonly queued!: number;
  @IsInt()
  @Min(0)
  readonly queuedGpuMilli!: number;
  @IsInt()
  @Min(0)
  readonly oldestQueuedSeconds!: number;
  @IsInt()
  @Min(0)
  readonly gpuMilliTotal!: number;
  @IsInt()
  @Min(0)
  readonly gpuMilliFree!: number;
  @IsInt()
  @Min(0)
  readonly leasedNodes!: number;
  @IsInt()
  @Min(0)
  readonly leasedNodesIdle!: number;
  @Matches(INTEGER)
  readonly leaseMicroUsdPerHour!: string;
}

/** One limit, as it was checked. */
export class LimitCheck {
  @IsString()
  @Length(1, 128)
  readonly limit!: string;
  @Matches(INTEGER)
  readonly allowed!: string;
  @Matches(INTEGER)
  readonly wouldBe!: string;
  @IsBoolean()
  readonly within!: boolean;
}
