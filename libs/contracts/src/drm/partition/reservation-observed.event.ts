import { Type } from 'class-transformer';
import { IsDefined, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { ReservationSpec } from '../../values';

class ReservationObservedV1 {
  @IsDefined()
  @ValidateNested()
  @Type(() => ReservationSpec)
  readonly reservation!: ReservationSpec;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: room is to be kept. */
export const ReservationObserved = defineEvent('drm.partition.reservation-observed', 1, ReservationObservedV1);
export type ReservationObserved = EventOf<typeof ReservationObserved>;
