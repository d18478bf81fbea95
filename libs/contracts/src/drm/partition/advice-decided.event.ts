import { IsBoolean, IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class AdviceDecidedV1 {
  @IsString()
  @Length(1, 128)
  readonly adviceId!: string;
  @IsBoolean()
  readonly obeyed!: boolean;
  @IsString()
  @Length(1, 128)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Decision: the advice was obeyed, or not, and why. */
export const AdviceDecided = defineEvent('drm.partition.advice-decided', 1, AdviceDecidedV1);
export type AdviceDecided = EventOf<typeof AdviceDecided>;
