import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsDefined,
  IsOptional,
  IsString,
  Length,
  Matches,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { GpuPool, NodeFacts } from '../../values';

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
  /** Rack, unique within the site. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly rack?: string;
  /** InfiniBand island, unique within the site. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly fabric?: string;
  /**
   * The machine is shared by the organization that joins it, which earns with it: what it should bring an hour as a
   * whole, micro-USD, for the scheduler to reckon with. What it earns is what its use is priced at. Absent: it is ours.
   */
  @IsOptional()
  @Matches(INTEGER)
  readonly sharedMicroUsdPerHour?: string;
  /** How its GPUs are shared. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => GpuPool)
  readonly pools?: readonly GpuPool[];
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
