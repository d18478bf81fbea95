import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsString, Length, Matches, Min, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { StartInterval } from '../../values';

/** When one waiting workload should start. */
export class StartForeseen extends StartInterval {
  @IsString()
  @Length(1, 128)
  readonly workloadId!: string;
  @IsInt()
  @Min(1)
  readonly attempt!: number;
}

class StartsForeseenV1 {
  @IsArray()
  @ArrayMaxSize(64)
  @ValidateNested({ each: true })
  @Type(() => StartForeseen)
  readonly starts!: readonly StartForeseen[];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: when workloads that wait should start, said once each, so that it can be compared with when they do. */
export const StartsForeseen = defineEvent('drm.partition.starts-foreseen', 1, StartsForeseenV1);
export type StartsForeseen = EventOf<typeof StartsForeseen>;
