import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class PartitionNodeGoneV1 {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: the node was lost or left; what ran on it is over. */
export const PartitionNodeGone = defineEvent('drm.partition.node-gone', 1, PartitionNodeGoneV1);
export type PartitionNodeGone = EventOf<typeof PartitionNodeGone>;
