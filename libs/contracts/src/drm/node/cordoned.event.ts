import { IsBoolean, IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class NodeCordonedV1 {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsString()
  @MaxLength(1024)
  readonly reason!: string;
  @IsBoolean()
  readonly leave!: boolean;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The node takes no new work. */
export const NodeCordoned = defineEvent('drm.node.cordoned', 1, NodeCordonedV1);
export type NodeCordoned = EventOf<typeof NodeCordoned>;
