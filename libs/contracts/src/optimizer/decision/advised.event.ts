import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsDefined,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { ADVICE_ACTIONS, AUTONOMY_LEVELS, FleetObservation, LimitCheck } from '../../values';

class AdvisedV1 {
  @IsString()
  @Length(1, 128)
  readonly adviceId!: string;
  @IsIn(ADVICE_ACTIONS)
  readonly action!: (typeof ADVICE_ACTIONS)[number];
  @IsOptional()
  @IsString()
  @Length(1, 128)
  readonly gpuModel?: string;
  @IsInt()
  @Min(0)
  readonly count!: number;
  @IsString()
  @Length(1, 128)
  readonly policy!: string;
  @IsIn(AUTONOMY_LEVELS)
  readonly level!: (typeof AUTONOMY_LEVELS)[number];
  @IsDefined()
  @ValidateNested()
  @Type(() => FleetObservation)
  readonly observation!: FleetObservation;
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => LimitCheck)
  readonly checks!: readonly LimitCheck[];
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @IsString()
  @MaxLength(1024)
  readonly sentence!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** One interval, one advice, with what was seen, why, and the limits that were checked. */
export const Advised = defineEvent('optimizer.decision.advised', 1, AdvisedV1);
export type Advised = EventOf<typeof Advised>;
