import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class PartitionNodeCordonedV1 {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: the node takes no new work. */
export const PartitionNodeCordoned = defineEvent('drm.partition.node-cordoned', 1, PartitionNodeCordonedV1);
export type PartitionNodeCordoned = EventOf<typeof PartitionNodeCordoned>;
