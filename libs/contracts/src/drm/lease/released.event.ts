import { IsInt, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class LeaseReleasedV1 {
  @IsString()
  @Length(1, 128)
  readonly leaseId!: string;
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @IsInt()
  @Min(0)
  readonly billedSeconds!: number;
  @Matches(INTEGER)
  readonly costMicroUsd!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The node went back to the lessor. */
export const LeaseReleased = defineEvent('drm.lease.released', 1, LeaseReleasedV1);
export type LeaseReleased = EventOf<typeof LeaseReleased>;
