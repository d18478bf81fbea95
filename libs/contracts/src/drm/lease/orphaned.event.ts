import { IsInt, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class LeaseOrphanedV1 {
  @IsString()
  @Length(1, 128)
  readonly leaseId!: string;
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsInt()
  @Min(0)
  readonly billedSeconds!: number;
  /** Until the lessor was last seen to have it; what it really charges may differ. */
  @Matches(INTEGER)
  readonly costMicroUsd!: string;
  @Matches(ISO_UTC)
  readonly lastSeenAt!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** We hold a lease that its lessor does not know any more: its node is gone, and nothing more is owed. */
export const LeaseOrphaned = defineEvent('drm.lease.orphaned', 1, LeaseOrphanedV1);
export type LeaseOrphaned = EventOf<typeof LeaseOrphaned>;
