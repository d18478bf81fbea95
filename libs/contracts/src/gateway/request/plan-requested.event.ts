import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { JobSpec } from '../../values';

class PlanRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsString()
  @Length(1, 128)
  readonly planId!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => JobSpec)
  readonly spec!: JobSpec;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A customer asked what would happen, and at what price. */
export const PlanRequested = defineEvent('gateway.request.plan-requested', 1, PlanRequestedV1);
export type PlanRequested = EventOf<typeof PlanRequested>;
