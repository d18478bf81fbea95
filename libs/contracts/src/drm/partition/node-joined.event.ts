import { Type } from 'class-transformer';
import { IsDefined, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { NodeFacts, NodeTerms } from '../../values';

class PartitionNodeJoinedV1 {
  @IsDefined()
  @ValidateNested()
  @Type(() => NodeTerms)
  readonly terms!: NodeTerms;
  @IsDefined()
  @ValidateNested()
  @Type(() => NodeFacts)
  readonly facts!: NodeFacts;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: a node can take work. */
export const PartitionNodeJoined = defineEvent('drm.partition.node-joined', 1, PartitionNodeJoinedV1);
export type PartitionNodeJoined = EventOf<typeof PartitionNodeJoined>;
