import { IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class ReservationEndedV1 {
  @IsString()
  @Length(1, 128)
  readonly reservationId!: string;
  @IsString()
  @MaxLength(1024)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Input: room is not kept any more: the reservation was cancelled, or its time is over. */
export const ReservationEnded = defineEvent('drm.partition.reservation-ended', 1, ReservationEndedV1);
export type ReservationEnded = EventOf<typeof ReservationEnded>;
