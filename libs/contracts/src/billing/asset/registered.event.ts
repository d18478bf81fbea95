import { IsBoolean, IsIn, IsInt, IsOptional, IsString, Length, Matches, MaxLength, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { INTEGER, ISO_UTC } from '../../rules';
import { SOURCES } from '../../values';

class AssetRegisteredV1 {
  @IsString()
  @Length(1, 128)
  readonly nodeId!: string;
  @IsIn(SOURCES)
  readonly source!: (typeof SOURCES)[number];
  @IsString()
  @Length(1, 128)
  readonly provider!: string;
  @IsBoolean()
  readonly simulated!: boolean;
  @IsString()
  @MaxLength(1024)
  readonly gpuModel!: string;
  @IsInt()
  @Min(0)
  readonly gpus!: number;
  /** Of the whole node: the lease rate; 0 for owned. */
  @Matches(INTEGER)
  readonly costMicroUsdPerHour!: string;
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly leaseId?: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** A node of the fleet has costs: whose it is, and what it costs per hour where it is leased. */
export const AssetRegistered = defineEvent('billing.asset.registered', 1, AssetRegisteredV1);
export type AssetRegistered = EventOf<typeof AssetRegistered>;
