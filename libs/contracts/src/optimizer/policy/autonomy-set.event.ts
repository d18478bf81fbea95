import { Type } from 'class-transformer';
import { IsBoolean, IsDefined, IsIn, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { AUTONOMY_LEVELS, AutonomyLimits } from '../../values';

class AutonomySetV1 {
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

/** How far the optimizer may go: observe, suggest, or act within limits; the kill switch stops it at once. */
export const AutonomySet = defineEvent('optimizer.policy.autonomy-set', 1, AutonomySetV1);
export type AutonomySet = EventOf<typeof AutonomySet>;
