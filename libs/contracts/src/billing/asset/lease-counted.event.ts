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

class AssetLeaseCountedV1 {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsString()
  @Length(1, 128)
  readonly leaseId!: string;
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
  @Matches(INTEGER)
  readonly accumulatedMicroUsd!: string;
  /** Thousandths of a GPU × milliseconds in this time. */
  @Matches(INTEGER)
  readonly capacityGpuMilliMs!: string;
  /** Counted in this time. */
  @Matches(INTEGER)
  readonly usedGpuMilliMs!: string;
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

/** What a leased node cost in a time. At its return the sum is what the lessor bills. */
export const AssetLeaseCounted = defineEvent('billing.asset.lease-counted', 1, AssetLeaseCountedV1);
export type AssetLeaseCounted = EventOf<typeof AssetLeaseCounted>;
