import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsString, Length, Matches, Min, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { ChargeLine, Posting } from '../../values';

class ChargePostedV1 {
  @IsString()
  @Length(1, 128)
  readonly chargeId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @Length(1, 128)
  readonly project!: string;
  @IsString()
  @Length(1, 128)
  readonly jobId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
  @IsString()
  @Length(1, 128)
  readonly allocationId!: string;
  @IsInt()
  @Min(1)
  readonly priceListVersion!: number;
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
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Usage was rated and posted: lines with their evidence, and a double entry that sums to zero. */
export const ChargePosted = defineEvent('billing.account.charge-posted', 1, ChargePostedV1);
export type ChargePosted = EventOf<typeof ChargePosted>;
