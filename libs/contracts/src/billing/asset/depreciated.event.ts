import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsString,
  Length,
  Matches,
  MaxLength,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { Posting } from '../../values';

class AssetDepreciatedV1 {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsString()
  @MaxLength(1024)
  readonly gpuModel!: string;
  @IsBoolean()
  readonly simulated!: boolean;
  @Matches(ISO_UTC)
  readonly from!: string;
  @Matches(ISO_UTC)
  readonly to!: string;
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
  /** Of it, for capacity that nobody used. */
  @Matches(INTEGER)
  readonly idleMicroUsd!: string;
  /** With the opening. */
  @Matches(INTEGER)
  readonly accumulatedMicroUsd!: string;
  @Matches(INTEGER)
  readonly bookValueMicroUsd!: string;
  /** Thousandths of a GPU × milliseconds in this time. */
  @Matches(INTEGER)
  readonly capacityGpuMilliMs!: string;
  /** Counted in this time. */
  @Matches(INTEGER)
  readonly usedGpuMilliMs!: string;
  /** Since it is known here. */
  @Matches(INTEGER)
  readonly usedTotalGpuMilliMs!: string;
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly postings!: readonly Posting[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A day of an owned node cost this much of its purchase. All of them, and the opening, sum to cost − salvage. */
export const AssetDepreciated = defineEvent('billing.asset.depreciated', 1, AssetDepreciatedV1);
export type AssetDepreciated = EventOf<typeof AssetDepreciated>;
