import { accept, refuse, type Command, type Decider } from '@solyx/kernel';
import type { ReservationSpec } from '@solyx/contracts';
import { ReservationCancelled, ReservationMade } from '@solyx/contracts/drm';

export type KeptRoomCommand =
  Command<'MakeReservation', ReservationMade['data']> | Command<'CancelReservation', ReservationCancelled['data']>;
export type KeptRoomEvent = ReservationMade | ReservationCancelled;
export type KeptRoomRefusal = 'ReservationUnknown';

export interface KeptRoom {
  readonly phase: 'None' | 'Made' | 'Cancelled';
  readonly spec: ReservationSpec | undefined;
}

/** Room that is kept for one owner from an instant to another: made once, cancelled once. Its end by time is no fact. */
export const keptRoomDecider: Decider<KeptRoomCommand, KeptRoom, KeptRoomEvent, KeptRoomRefusal> = {
  name: 'drm.reservation',
  initial: { phase: 'None', spec: undefined },

  decide({ type, data }, { phase, spec }) {
    if (type === 'MakeReservation') return phase === 'None' ? accept(ReservationMade(data)) : accept();
    if (spec?.organizationId !== data.organizationId) {
      return refuse('ReservationUnknown', { reservationId: data.reservationId });
    }
    return phase === 'Cancelled' || spec.endsAt <= data.at ? accept() : accept(ReservationCancelled(data));
  },

  evolve: (room, event) =>
    event.type === 'drm.reservation.made'
      ? { phase: 'Made', spec: event.data.reservation }
      : { ...room, phase: 'Cancelled' },
};
