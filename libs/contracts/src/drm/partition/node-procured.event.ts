import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { Procurement } from '../../values';

class PartitionNodeProcuredV1 {
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

/** Input: what an owned node was bought for and what it draws. */
export const PartitionNodeProcured = defineEvent('drm.partition.node-procured', 1, PartitionNodeProcuredV1);
export type PartitionNodeProcured = EventOf<typeof PartitionNodeProcured>;
