import { IsString, Length, Matches, MaxLength } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class ReservationCancelRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsString()
  @Length(1, 128)
  readonly reservationId!: string;
  @IsString()
  @MaxLength(1024)
  readonly reason!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Someone asked that a reservation end now, or never begin. */
export const ReservationCancelRequested = defineEvent(
  'gateway.request.reservation-cancel-requested',
  1,
  ReservationCancelRequestedV1,
);
export type ReservationCancelRequested = EventOf<typeof ReservationCancelRequested>;
