import { IsInt, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class LeaseEvictionNoticedV1 {
  @IsString()
  @Length(1, 128)
  readonly leaseId!: string;
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsInt()
  @Min(0)
  readonly noticeSeconds!: number;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The lessor says that it takes the node back, as lessors of spot capacity do. */
export const LeaseEvictionNoticed = defineEvent('drm.lease.eviction-noticed', 1, LeaseEvictionNoticedV1);
export type LeaseEvictionNoticed = EventOf<typeof LeaseEvictionNoticed>;
