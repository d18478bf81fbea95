import { IsInt, IsOptional, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class BudgetHoldRaisedV1 {
  @IsString()
  @Length(1, 128)
  readonly holdId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  /** All that was ever set aside in it. */
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
  @Matches(INTEGER)
  readonly byMicroUsd!: string;
  /** The attempt that it is raised for. */
  @IsOptional()
  @IsInt()
  @Min(1)
  readonly attempt?: number;
  /** What earlier attempts cost; absent where some of it was not charged yet. */
  @IsOptional()
  @Matches(INTEGER)
  readonly spentMicroUsd?: string;
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

/** More is set aside in a hold: a dearer attempt needs it. */
export const BudgetHoldRaised = defineEvent('billing.budget.hold-raised', 1, BudgetHoldRaisedV1);
export type BudgetHoldRaised = EventOf<typeof BudgetHoldRaised>;
