import { IsInt, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class LeaseGhostReturnedV1 {
  @IsString()
  @Length(1, 128)
  readonly leaseId!: string;
  @IsInt()
  @Min(0)
  readonly billedSeconds!: number;
  @Matches(INTEGER)
  readonly costMicroUsd!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The lessor took a ghost back; this is what it cost us. */
export const LeaseGhostReturned = defineEvent('drm.lease.ghost-returned', 1, LeaseGhostReturnedV1);
export type LeaseGhostReturned = EventOf<typeof LeaseGhostReturned>;
