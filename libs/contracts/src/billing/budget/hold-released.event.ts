import { IsOptional, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class HoldReleasedV1 {
  @IsString()
  @Length(1, 128)
  readonly holdId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @Matches(INTEGER)
  readonly releasedMicroUsd!: string;
  /** What it is for; absent in old facts, which count for the organization alone. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly project?: string;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly team?: string;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly keyId?: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The job ended; what was not spent is free again. */
export const HoldReleased = defineEvent('billing.budget.hold-released', 1, HoldReleasedV1);
export type HoldReleased = EventOf<typeof HoldReleased>;
