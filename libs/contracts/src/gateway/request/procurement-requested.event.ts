import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { Procurement } from '../../values';

class ProcurementRequestedV1 {
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
  @IsDefined()
  @ValidateNested()
  @Type(() => Procurement)
  readonly procurement!: Procurement;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** An operator said what an owned node was bought for. */
export const ProcurementRequested = defineEvent('gateway.request.procurement-requested', 1, ProcurementRequestedV1);
export type ProcurementRequested = EventOf<typeof ProcurementRequested>;
