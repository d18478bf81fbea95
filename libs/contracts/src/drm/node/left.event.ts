import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class NodeLeftV1 {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The node is no longer part of the fleet. */
export const NodeLeft = defineEvent('drm.node.left', 1, NodeLeftV1);
export type NodeLeft = EventOf<typeof NodeLeft>;
