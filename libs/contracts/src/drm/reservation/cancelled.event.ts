import { IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class ReservationCancelledV1 {
  @IsString()
  @Length(1, 128)
  readonly reservationId!: string;
  @IsString()
  @Length(1, 128)
  readonly organizationId!: string;
  @IsString()
  @MaxLength(1024)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** The reservation ends now, or never begins. */
export const ReservationCancelled = defineEvent('drm.reservation.cancelled', 1, ReservationCancelledV1);
export type ReservationCancelled = EventOf<typeof ReservationCancelled>;
