import { IsBoolean, IsInt, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class LeaseGhostFoundV1 {
  /** As the lessor calls it. */
  @IsString()
  @Length(1, 128)
  readonly leaseId!: string;
  @IsString()
  @Length(1, 128)
  readonly provider!: string;
  @IsBoolean()
  readonly simulated!: boolean;
  @IsString()
  @Length(1, 128)
  readonly gpuModel!: string;
  @IsInt()
  @Min(0)
  readonly gpus!: number;
  @Matches(INTEGER)
  readonly priceMicroUsdPerHour!: string;
  /** Since when the lessor bills it, as it says. */
  @Matches(ISO_UTC)
  readonly since!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A lessor bills a lease that we do not hold; it is told to take it back. */
export const LeaseGhostFound = defineEvent('drm.lease.ghost-found', 1, LeaseGhostFoundV1);
export type LeaseGhostFound = EventOf<typeof LeaseGhostFound>;
