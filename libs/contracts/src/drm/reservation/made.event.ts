import { Type } from 'class-transformer';
import { IsDefined, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { ReservationSpec } from '../../values';

class ReservationMadeV1 {
  @IsDefined()
  @ValidateNested()
  @Type(() => ReservationSpec)
  readonly reservation!: ReservationSpec;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Room is kept for its owner, from an instant to another. */
export const ReservationMade = defineEvent('drm.reservation.made', 1, ReservationMadeV1);
export type ReservationMade = EventOf<typeof ReservationMade>;
