import { IsIn, IsInt, IsOptional, IsString, Length, Matches, Min } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { ADVICE_ACTIONS, AUTONOMY_LEVELS } from '../../values';

class AdviceObservedV1 {
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
  @IsIn(AUTONOMY_LEVELS)
  readonly level!: (typeof AUTONOMY_LEVELS)[number];
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: the optimizer advises. */
export const AdviceObserved = defineEvent('drm.partition.advice-observed', 1, AdviceObservedV1);
export type AdviceObserved = EventOf<typeof AdviceObserved>;
