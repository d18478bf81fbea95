import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class LeaseFailedV1 {
  @IsString()
  @Length(1, 128)
  readonly leaseId!: string;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The lessor did not deliver. */
export const LeaseFailed = defineEvent('drm.lease.failed', 1, LeaseFailedV1);
export type LeaseFailed = EventOf<typeof LeaseFailed>;
