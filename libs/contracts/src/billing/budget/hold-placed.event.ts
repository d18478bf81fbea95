import { IsBoolean, IsOptional, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class HoldPlacedV1 {
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
  readonly amountMicroUsd!: string;
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
  /** The job's own budget: it is never raised. */
  @IsOptional()
  @IsBoolean()
  readonly fixed?: boolean;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Money is set aside for a job; it can spend no more. */
export const HoldPlaced = defineEvent('billing.budget.hold-placed', 1, HoldPlacedV1);
export type HoldPlaced = EventOf<typeof HoldPlaced>;
