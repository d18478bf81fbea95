import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsString, Length, Matches, Min, ValidateNested } from 'class-validator';
import { INTEGER } from '../rules';

/** A path that was not taken, and what it would have cost. */
export class RouteAlternative {
  @IsArray()
  @ArrayMaxSize(16)
  @IsString({ each: true })
  @Length(1, 128, { each: true })
  readonly path!: readonly string[];
  @IsInt()
  @Min(0)
  readonly latencyUs!: number;
  @IsInt()
  @Min(0)
  readonly bandwidthMbps!: number;
  @Matches(INTEGER)
  readonly egressMicroUsdPerGiB!: string;
}

/** The cheapest path between two sites. */
export class Route {
  @IsString()
  @Length(1, 128)
  readonly fromSite!: string;
  @IsString()
  @Length(1, 128)
  readonly toSite!: string;
  @IsArray()
  @ArrayMaxSize(16)
  @IsString({ each: true })
  @Length(1, 128, { each: true })
  readonly path!: readonly string[];
  @IsInt()
  @Min(0)
  readonly latencyUs!: number;
  /** Of the narrowest link. */
  @IsInt()
  @Min(0)
  readonly bandwidthMbps!: number;
  @Matches(INTEGER)
  readonly egressMicroUsdPerGiB!: string;
  @IsArray()
  @ArrayMaxSize(3)
  @ValidateNested({ each: true })
  @Type(() => RouteAlternative)
  readonly alternatives!: readonly RouteAlternative[];
}
