import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { NodeFacts } from '../../values';

class NodeJoinRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 128)
  readonly publicKey!: string;
  @IsString()
  @Length(1, 128)
  readonly site!: string;
  @IsString()
  @Length(1, 128)
  readonly region!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => NodeFacts)
  readonly facts!: NodeFacts;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A machine asks to be part of the fleet; its identity is limited to its own subjects. */
export const NodeJoinRequested = defineEvent('gateway.request.node-join-requested', 1, NodeJoinRequestedV1);
export type NodeJoinRequested = EventOf<typeof NodeJoinRequested>;
