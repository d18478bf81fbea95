import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class NodeLostV1 {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @Matches(ISO_UTC)
  readonly lastSeenAt!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Its heartbeats stopped for longer than the lease. */
export const NodeLost = defineEvent('drm.node.lost', 1, NodeLostV1);
export type NodeLost = EventOf<typeof NodeLost>;
