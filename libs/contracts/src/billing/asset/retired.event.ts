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

class AssetRetiredV1 {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsBoolean()
  readonly simulated!: boolean;
  @IsString()
  @MaxLength(1024)
  readonly reason!: string;
  /** Before it was written off. */
  @Matches(INTEGER)
  readonly bookValueMicroUsd!: string;
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly postings!: readonly Posting[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The node left the fleet; what its purchase still stood for is written off. */
export const AssetRetired = defineEvent('billing.asset.retired', 1, AssetRetiredV1);
export type AssetRetired = EventOf<typeof AssetRetired>;
