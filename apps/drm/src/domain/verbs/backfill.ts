import { lacking } from '../filter';
import { eligibleOf, roomOn, type Kept } from '../future';
import { NOTHING_KEPT, type Guard } from '../guard';
import { queueNameOf } from '../queues/queue-state';
import { easyGuard, reservationFor, RESERVATIONS_MAX } from '../reservation';
import type { Blocked, Run } from '../run';
import type { Awaited } from './lease';

/** Blocked workloads, from the head of the queue, whose start is planned; those behind them are not. */
export const PLANS_MAX = 16;

/** What is kept from those who are looked at now, where whole nodes are. */
export const guardOf = ({ policy, reservations, now }: Run): Guard =>
  policy.backfill === 'easy' ? easyGuard(reservations, now) : NOTHING_KEPT;

/** EASY: nodes for which a blocked shape waits are kept from those behind it. */
function keepNodes(run: Run, { shape, found, isFirst }: Blocked, awaited: Awaited | undefined): void {
  if (!isFirst || run.reservations.length >= RESERVATIONS_MAX) return;
  const reservation = reservationFor(run.draft.state, run.fleet, shape.view);
  if (reservation) run.reservations.push(reservation);
  if (awaited && found.some.length > 0) {
    run.reservations.push({ nodeIds: new Set(found.some), from: awaited.readyAt });
  }
}

/** The nodes that a gang has already are kept for it until its leased ones are there. */
function keepSome(
  { future, fleet, draft }: Run,
  { shape: { view }, found }: Pick<Blocked, 'shape' | 'found'>,
  { from, ...whose }: Pick<Kept, 'id' | 'owner' | 'from'>,
): void {
  const window = { from, until: from + view.ask.runtimeMs };
  const eligible = eligibleOf(view);
  for (const nodeId of found.some) {
    const [one, node] = [eligible.get(nodeId), fleet.nodeOf(nodeId)];
    if (!one || !node || future.isFull) continue;
    const free = future.during(draft.state, node, window, whose.owner);
    if (lacking(free, view.ask, one.suited.places) !== undefined) continue;
    future.keep({ ...whose, ...window, room: roomOn(free, one, view.ask), isOpen: false });
  }
}

/**
 * Conservative: the start of a blocked workload is planned, and its room kept from all behind it. Answers when it starts
 * at the latest, milliseconds since 1970. One that waits for leased nodes is not planned elsewhere.
 */
function planStart(run: Run, { workload, shape, found }: Blocked, awaited: Awaited | undefined): number | undefined {
  const { future, draft } = run;
  if (run.planned.size >= PLANS_MAX || future.isFull) return undefined;
  const { request } = workload;
  const owner = { organizationId: request.organizationId, queue: queueNameOf(request) };
  if (awaited) {
    keepSome(run, { shape, found }, { id: request.workloadId, owner, from: awaited.readyAt });
    return undefined;
  }
  const sought = { state: draft.state, id: request.workloadId, view: shape.view, owner };
  const kept = future.plan(sought, found.some);
  if (!kept) return undefined;
  for (const one of kept) future.keep(one);
  const from = kept[0]?.from;
  if (from !== undefined) run.planned.set(request.workloadId, from);
  return from;
}

/** Room for a blocked workload is kept from those behind it. */
export function keep(run: Run, blocked: Blocked, awaited: Awaited | undefined): number | undefined {
  if (run.policy.backfill === 'conservative') return planStart(run, blocked, awaited);
  keepNodes(run, blocked, awaited);
  return undefined;
}
