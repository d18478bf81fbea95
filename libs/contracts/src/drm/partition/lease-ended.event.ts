import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class PartitionLeaseEndedV1 {
  @IsString()
  @Length(1, 128)
  readonly leaseId!: string;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: a lease failed or was released. */
export const PartitionLeaseEnded = defineEvent('drm.partition.lease-ended', 1, PartitionLeaseEndedV1);
export type PartitionLeaseEnded = EventOf<typeof PartitionLeaseEnded>;
