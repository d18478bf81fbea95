import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class PartitionNodeUncordonedV1 {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: the node takes work again. */
export const PartitionNodeUncordoned = defineEvent('drm.partition.node-uncordoned', 1, PartitionNodeUncordonedV1);
export type PartitionNodeUncordoned = EventOf<typeof PartitionNodeUncordoned>;
