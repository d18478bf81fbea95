import { LeaseWanted } from '@solyx/contracts/drm';
import { leaseSentence } from '../explain';
import { chooseOffers, LEASED_NODES_MAX, leaseIdOf, LEASES_PENDING_MAX, offersOf } from '../leasing';
import type { QueuedWorkload } from '../partition-state';
import { reservationFor } from '../reservation';
import type { Blocked, Run, Shape } from '../run';

export interface Awaited {
  readonly nodes: number;
  /** Milliseconds since 1970 when the last of them should be up. */
  readonly readyAt: number;
}

const SHARERS_MAX = 64;
/** Counted once while one schedule runs. */
const SHARERS = new WeakMap<Shape, number>();

/** Others that wait for the same, at most so many: they would fill a node that is rented for one. */
function sharersOf({ draft }: Run, shape: Shape, { shape: name }: QueuedWorkload): number {
  const known = SHARERS.get(shape);
  if (known !== undefined) return known;
  let count = -1;
  for (const one of draft.state.queue.values()) {
    if (one.shape === name) count += 1;
    if (count >= SHARERS_MAX) break;
  }
  const sharers = Math.max(0, count);
  SHARERS.set(shape, sharers);
  return sharers;
}

/**
 * Owned room comes free for the first that waits before any lease could be up: then nothing is rented for it. For those
 * behind it nothing is said: others may take that room.
 */
function isOwnedSoonFree(run: Run, { shape, isFirst }: Blocked): boolean {
  if (run.market.gpuHour === undefined || !isFirst || run.blockedShapes !== 1) return false;
  const { state } = run.draft;
  const room = reservationFor(state, run.fleet, shape.view);
  if (!room || [...room.nodeIds].some((nodeId) => state.nodes.get(nodeId)?.terms.source !== 'owned')) return false;
  const boots = offersOf(state).map(({ offer }) => offer.bootSeconds);
  return boots.length > 0 && room.from <= run.now + Math.min(...boots) * 1000;
}

/** Leased nodes for a workload that nothing free can take: those on their way first, then new ones, within bounds. */
export function lease(run: Run, { ask, shape, found, workload, isFirst }: Blocked): Awaited | undefined {
  const { draft, incoming, market } = run;
  const missing = ask.nodesMin - found.fitting;
  if (missing <= 0 || !ask.request.placement.sources.includes('leased')) return undefined;
  const assigned = incoming.assign(ask, missing);
  const wanted = missing - assigned.nodes;
  if (wanted <= 0) return assigned;
  const isWithin =
    draft.room >= wanted &&
    incoming.pending + wanted <= LEASES_PENDING_MAX &&
    draft.state.leases.size + wanted <= LEASED_NODES_MAX;
  if (shape.leasingStopped === true || !isWithin) return undefined;
  if (isOwnedSoonFree(run, { shape, isFirst, found, ask, workload })) return undefined;
  const sharers = market.gpuHour === undefined ? 0 : sharersOf(run, shape, workload);
  const chosen = chooseOffers(draft.state, ask, { nodes: wanted, at: draft.at, market, sharers });
  if (!chosen) {
    shape.leasingStopped = true;
    return undefined;
  }
  const { workloadId, name } = ask.request;
  for (const { offer } of chosen) {
    const leaseId = leaseIdOf(draft.state, offer);
    const sentence = leaseSentence(offer, `No node that ${name} may use has room now`, wanted);
    draft.record(LeaseWanted({ leaseId, offer, reason: 'OwnedFull', sentence, workloadId, at: draft.at }));
    incoming.expect(leaseId, offer, draft.at);
  }
  const { readyAt } = incoming.assign(ask, wanted);
  return { nodes: missing, readyAt: Math.max(readyAt, assigned.readyAt) };
}
