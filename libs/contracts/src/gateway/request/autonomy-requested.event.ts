import { Type } from 'class-transformer';
import { IsBoolean, IsDefined, IsIn, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { AUTONOMY_LEVELS, AutonomyLimits } from '../../values';

class AutonomyRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
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

/** Someone with the right asked for a level of autonomy, limits, or the kill switch. */
export const AutonomyRequested = defineEvent('gateway.request.autonomy-requested', 1, AutonomyRequestedV1);
export type AutonomyRequested = EventOf<typeof AutonomyRequested>;
