import { IsInt, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class NodeEvictionNoticedV1 {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  /** Left to those who run on it. */
  @IsInt()
  @Min(0)
  readonly noticeSeconds!: number;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: the lessor takes this node back. */
export const PartitionNodeEvictionNoticed = defineEvent(
  'drm.partition.node-eviction-noticed',
  1,
  NodeEvictionNoticedV1,
);
export type PartitionNodeEvictionNoticed = EventOf<typeof PartitionNodeEvictionNoticed>;
