import { Type } from 'class-transformer';
import { IsDefined, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { NodeFacts, NodeTerms } from '../../values';

class NodeRegisteredV1 {
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

/** A node is part of the fleet. */
export const NodeRegistered = defineEvent('drm.node.registered', 1, NodeRegisteredV1);
export type NodeRegistered = EventOf<typeof NodeRegistered>;
