import { IsOptional, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';

class ChargeCountedV1 {
  /** Of the work that it is for, whether money was held for it or not. */
  @IsString()
  @Length(1, 128)
  readonly holdId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  /** Absent where it is for no job. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly jobId?: string;
  @IsString()
  @Length(1, 128)
  readonly chargeId!: string;
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
  /** How much of it the hold still had, and no longer has. */
  @Matches(INTEGER)
  readonly fromHoldMicroUsd!: string;
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
  /** IANA time zone by whose calendar its day and month are. Absent: UTC. */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  readonly zone?: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A charge was counted against the budget and taken from the hold. */
export const ChargeCounted = defineEvent('billing.budget.charge-counted', 1, ChargeCountedV1);
export type ChargeCounted = EventOf<typeof ChargeCounted>;
