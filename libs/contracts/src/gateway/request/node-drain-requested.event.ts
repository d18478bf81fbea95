import { IsBoolean, IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class NodeDrainRequestedV1 {
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
  @IsBoolean()
  readonly leave!: boolean;
  @IsString()
  @MaxLength(1024)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An operator asked that a node takes no new work, and leaves when empty if `leave`. */
export const NodeDrainRequested = defineEvent('gateway.request.node-drain-requested', 1, NodeDrainRequestedV1);
export type NodeDrainRequested = EventOf<typeof NodeDrainRequested>;
