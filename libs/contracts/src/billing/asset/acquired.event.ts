import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsDefined,
  IsString,
  Length,
  Matches,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { Posting, Procurement } from '../../values';

class AssetAcquiredV1 {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsBoolean()
  readonly simulated!: boolean;
  @IsDefined()
  @ValidateNested()
  @Type(() => Procurement)
  readonly procurement!: Procurement;
  /** Written off before it was known here: no cost of now. */
  @Matches(INTEGER)
  readonly openingDepreciationMicroUsd!: string;
  /** Since it is known here: thousandths of a GPU × milliseconds. */
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

/** An owned node was bought, or its purchase was corrected: the newest word counts. */
export const AssetAcquired = defineEvent('billing.asset.acquired', 1, AssetAcquiredV1);
export type AssetAcquired = EventOf<typeof AssetAcquired>;
