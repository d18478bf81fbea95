import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class LeaseActivatedV1 {
  @IsString()
  @Length(1, 128)
  readonly leaseId!: string;
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The leased node is up; its meter runs. */
export const LeaseActivated = defineEvent('drm.lease.activated', 1, LeaseActivatedV1);
export type LeaseActivated = EventOf<typeof LeaseActivated>;
