import { Type } from 'class-transformer';
import { IsDefined, IsString, Length, Matches, ValidateNested } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';
import { ReservationSpec } from '../../values';

class ReservationRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsDefined()
  @ValidateNested()
  @Type(() => ReservationSpec)
  readonly reservation!: ReservationSpec;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Someone asked that room be kept for them, from an instant to another. */
export const ReservationRequested = defineEvent('gateway.request.reservation-requested', 1, ReservationRequestedV1);
export type ReservationRequested = EventOf<typeof ReservationRequested>;
