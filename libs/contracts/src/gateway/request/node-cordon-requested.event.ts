import { IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class NodeCordonRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsString()
  @MaxLength(1024)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An operator asked that a node takes no new work; what runs on it goes on. */
export const NodeCordonRequested = defineEvent('gateway.request.node-cordon-requested', 1, NodeCordonRequestedV1);
export type NodeCordonRequested = EventOf<typeof NodeCordonRequested>;
