import { IsString, Length, Matches } from 'class-validator';
import { defineEvent, type EventOf } from '@solyx/kernel';
import { ISO_UTC } from '../../rules';

class FleetFiguresRequestedV1 {
  @IsString()
  @Length(1, 128)
  readonly requestId!: string;
  /** SHA3-256 of the normalised input: the same key with another input is a conflict. */
  @IsString()
  @Length(1, 128)
  readonly fingerprint!: string;
  @IsString()
  @Length(1, 128)
  readonly fleetId!: string;
  @Matches(ISO_UTC)
  readonly at!: string;
}

/** Someone asked how fragmented the fleet is. */
export const FleetFiguresRequested = defineEvent('gateway.request.fleet-figures-requested', 1, FleetFiguresRequestedV1);
export type FleetFiguresRequested = EventOf<typeof FleetFiguresRequested>;
