import { IsOptional, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class LeaseReleaseWantedV1 {
  @IsString()
  @Length(1, 128)
  readonly leaseId!: string;
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly adviceId?: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Decision: the leased node is idle past its minimum; give it back. */
export const LeaseReleaseWanted = defineEvent('drm.partition.lease-release-requested', 1, LeaseReleaseWantedV1);
export type LeaseReleaseWanted = EventOf<typeof LeaseReleaseWanted>;
