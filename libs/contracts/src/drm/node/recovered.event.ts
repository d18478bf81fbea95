import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class NodeRecoveredV1 {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A lost node was heard again; it is empty. */
export const NodeRecovered = defineEvent('drm.node.recovered', 1, NodeRecoveredV1);
export type NodeRecovered = EventOf<typeof NodeRecovered>;
