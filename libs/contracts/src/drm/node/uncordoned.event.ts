import { IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class NodeUncordonedV1 {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsString()
  @MaxLength(1024)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The node takes work again. */
export const NodeUncordoned = defineEvent('drm.node.uncordoned', 1, NodeUncordonedV1);
export type NodeUncordoned = EventOf<typeof NodeUncordoned>;
