import { Type } from 'class-transformer';
import { IsBoolean, IsDefined, IsIn, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { AUTONOMY_LEVELS, AutonomyLimits } from '../../values';

class AutonomyObservedV1 {
  @IsIn(AUTONOMY_LEVELS)
  readonly level!: (typeof AUTONOMY_LEVELS)[number];
  @IsBoolean()
  readonly killSwitch!: boolean;
  @IsDefined()
  @ValidateNested()
  @Type(() => AutonomyLimits)
  readonly limits!: AutonomyLimits;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: how far the optimizer may go. */
export const AutonomyObserved = defineEvent('drm.partition.autonomy-observed', 1, AutonomyObservedV1);
export type AutonomyObserved = EventOf<typeof AutonomyObserved>;
