import { LeaseWanted } from '@solyx/contracts/drm';
import { leaseSentence } from '../explain';
import { chooseOffers, LEASED_NODES_MAX, leaseIdOf, LEASES_PENDING_MAX } from '../leasing';
import type { Blocked, Run } from '../run';

export interface Awaited {
  readonly nodes: number;
  /** Milliseconds since 1970 when the last of them should be up. */
  readonly readyAt: number;
}

/** Leased nodes for a workload that nothing free can take: those on their way first, then new ones, within bounds. */
export function lease(run: Run, { ask, shape, found }: Blocked): Awaited | undefined {
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
  const chosen = chooseOffers(draft.state, ask, market, { nodes: wanted, at: draft.at });
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
