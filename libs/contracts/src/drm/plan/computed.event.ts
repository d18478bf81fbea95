import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { AllocationShare, Candidate, CostAlternative, Offer, StartInterval, Transfer, WaitReason } from '../../values';

class PlanComputedV1 {
  @IsString()
  @Length(1, 128)
  readonly planId!: string;
  @IsBoolean()
  readonly feasible!: boolean;
  /** Feasible on this fleet, but not free now. */
  @IsBoolean()
  readonly waits!: boolean;
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => AllocationShare)
  readonly shares!: readonly AllocationShare[];
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => Transfer)
  readonly transfers!: readonly Transfer[];
  @IsArray()
  @ArrayMaxSize(12)
  @ValidateNested({ each: true })
  @Type(() => Candidate)
  readonly candidates!: readonly Candidate[];
  @IsArray()
  @ArrayMaxSize(8)
  @ValidateNested({ each: true })
  @Type(() => Offer)
  readonly leaseOffers!: readonly Offer[];
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => WaitReason)
  readonly reasons!: readonly WaitReason[];
  @Matches(INTEGER)
  readonly priceMicroUsdPerHour!: string;
  /** For the maximum runtime, transfers included. */
  @Matches(INTEGER)
  readonly maximumMicroUsd!: string;
  /** Owned, leased and shared in one currency: the cheapest of each for us. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(8)
  @ValidateNested({ each: true })
  @Type(() => CostAlternative)
  readonly alternatives?: readonly CostAlternative[];
  @IsOptional()
  @ValidateNested()
  @Type(() => StartInterval)
  readonly start?: StartInterval;
  /** The limit that keeps it back, or comes first: `budget`, `quota`, `price`, `runtime`, `capacity`. */
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly bindingLimit?: string;
  @IsString()
  @MaxLength(1024)
  readonly sentence!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The answer to a plan: what would happen now, at what price. Nothing was reserved. */
export const PlanComputed = defineEvent('drm.plan.computed', 1, PlanComputedV1);
export type PlanComputed = EventOf<typeof PlanComputed>;
