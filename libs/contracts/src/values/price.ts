import { IsBoolean, IsIn, IsString, Length, Matches } from 'class-validator';
import { INTEGER } from '../rules';
import { PRICED_RESOURCES, SOURCES } from './constants';

/** One price of the list. The most specific entry wins: model before `*`. */
export class PriceEntry {
  @IsIn(SOURCES)
  readonly source!: (typeof SOURCES)[number];
  @IsBoolean()
  readonly simulated!: boolean;
  @IsIn(PRICED_RESOURCES)
  readonly resource!: (typeof PRICED_RESOURCES)[number];
  /** A model, or `*`. */
  @IsString()
  @Length(1, 128)
  readonly gpuModel!: string;
  /** Per GPU-hour, core-hour, GiB-hour of memory, or GiB of egress. */
  @Matches(INTEGER)
  readonly microUsdPerUnit!: string;
}
