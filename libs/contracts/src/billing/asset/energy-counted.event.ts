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

class AssetEnergyCountedV1 {
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
  readonly wattHours!: string;
  @Matches(INTEGER)
  readonly amountMicroUsd!: string;
  /** Of it, drawn by capacity that nobody used. */
  @Matches(INTEGER)
  readonly idleMicroUsd!: string;
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => Posting)
  readonly postings!: readonly Posting[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** What an owned node drew in a day, by its use. */
export const AssetEnergyCounted = defineEvent('billing.asset.energy-counted', 1, AssetEnergyCountedV1);
export type AssetEnergyCounted = EventOf<typeof AssetEnergyCounted>;
