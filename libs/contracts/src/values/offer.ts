import { IsBoolean, IsInt, IsOptional, IsString, Length, Matches, Max, Min } from 'class-validator';
import { INTEGER, ISO_UTC } from '../rules';

/** GPUs that a lessor would rent to us now. */
export class Offer {
  @IsString()
  @Length(1, 128)
  readonly offerId!: string;
  @IsString()
  @Length(1, 128)
  readonly provider!: string;
  @IsBoolean()
  readonly simulated!: boolean;
  @IsString()
  @Length(1, 128)
  readonly site!: string;
  @IsString()
  @Length(1, 128)
  readonly region!: string;
  @IsString()
  @Length(1, 128)
  readonly gpuModel!: string;
  @IsInt()
  @Min(0)
  readonly gpuMemoryMiB!: number;
  @IsInt()
  @Min(0)
  readonly gpusPerNode!: number;
  @IsInt()
  @Min(0)
  readonly cpuMilli!: number;
  @IsInt()
  @Min(0)
  readonly memoryMiB!: number;
  /** Nodes of this kind on offer. */
  @IsInt()
  @Min(0)
  readonly available!: number;
  /** Of a whole node. */
  @Matches(INTEGER)
  readonly priceMicroUsdPerHour!: string;
  /** Billed at least. */
  @IsInt()
  @Min(0)
  readonly minimumSeconds!: number;
  /** Billed in whole units of this length from the start on; a second where it is absent. */
  @IsOptional()
  @IsInt()
  @Min(1)
  readonly billingUnitSeconds?: number;
  @IsInt()
  @Min(0)
  readonly bootSeconds!: number;
  /** How likely the lessor takes it back within an hour; 0 where it is absent. */
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(1_000)
  readonly evictionPerMilleHour?: number;
  @Matches(ISO_UTC)
  readonly observedAt!: string;
  /** Never placed on after this. */
  @Matches(ISO_UTC)
  readonly freshUntil!: string;
}
