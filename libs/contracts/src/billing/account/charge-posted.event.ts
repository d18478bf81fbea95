import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsDefined,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Min,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf, type Upcaster } from '@solyx/kernel';
import { INTEGER, ISO_UTC, MONTH } from '../../rules';
import { ChargedResource, ChargeLine, MeterReading, Posting } from '../../values';

class ChargePostedV2 {
  /** Semantic: the same use gets the same id, however often it is told. */
  @IsString()
  @Length(1, 128)
  readonly chargeId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 128)
  readonly project!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => ChargedResource)
  readonly resource!: ChargedResource;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly jobId?: string;
  @IsOptional()
  @IsInt()
  @Min(1)
  readonly attempt?: number;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly allocationId?: string;
  /** With an allocation: the last slice of it, up to its release. */
  @IsOptional()
  @IsBoolean()
  readonly final?: boolean;
  /** Batched usage: the event of the meter that it was worked out from. */
  @IsOptional()
  @ValidateNested()
  @Type(() => MeterReading)
  readonly meter?: MeterReading;
  /** `2026-01`, by the calendar of the account's time zone: the invoice it goes on. */
  @Matches(MONTH)
  readonly period!: string;
  /** The finalised period that was used in, where that is another: this charge corrects its invoice. */
  @IsOptional()
  @Matches(MONTH)
  readonly correctsPeriod?: string;
  /** Of the simple list, where that priced it. */
  @IsOptional()
  @IsInt()
  @Min(1)
  readonly priceListVersion?: number;
  @IsArray()
  @ArrayMaxSize(256)
  @ValidateNested({ each: true })
  @Type(() => ChargeLine)
  readonly lines!: readonly ChargeLine[];
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly postings!: readonly Posting[];
  @Matches(INTEGER)
  readonly totalMicroUsd!: string;
  /** The end of what was used, so that the month a budget counts it in never depends on when it was heard. */
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Version 1 charged a job's allocation once, at its release, in months of UTC. */
const fromV1: Upcaster = (v1) => ({
  ...v1,
  resource: { kind: 'job', id: v1['jobId'] },
  period: String(v1['at']).slice(0, 7),
  final: true,
});

/** Usage was rated and posted: lines with their evidence, and a double entry that sums to zero. */
export const ChargePosted = defineEvent('billing.account.charge-posted', 2, ChargePostedV2, [fromV1]);
export type ChargePosted = EventOf<typeof ChargePosted>;
