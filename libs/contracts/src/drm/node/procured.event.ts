import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { Procurement } from '../../values';

class NodeProcuredV1 {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => Procurement)
  readonly procurement!: Procurement;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** What an owned node was bought for and what it draws: the base of its price per GPU-hour. The newest word counts. */
export const NodeProcured = defineEvent('drm.node.procured', 1, NodeProcuredV1);
export type NodeProcured = EventOf<typeof NodeProcured>;
