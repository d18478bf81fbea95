import type { Guard } from '../guard';
import { easyGuard, reservationFor, RESERVATIONS_MAX } from '../reservation';
import type { Blocked, Run } from '../run';
import type { Awaited } from './lease';

/** What is kept from those who are looked at now. */
export const guardOf = (run: Run): Guard => easyGuard(run.reservations, run.now);

/** Nodes for which a blocked workload waits are kept from those behind it. */
export function keep(run: Run, { shape, found, isFirst }: Blocked, awaited: Awaited | undefined): void {
  if (!isFirst || run.reservations.length >= RESERVATIONS_MAX) return;
  const reservation = reservationFor(run.draft.state, run.fleet, shape.view);
  if (reservation) run.reservations.push(reservation);
  if (awaited && found.some.length > 0) {
    run.reservations.push({ nodeIds: new Set(found.some), from: awaited.readyAt });
  }
}
