import type { WaitReason } from '@solyx/contracts';
import { AllocationReleased, LeaseReleaseWanted, LeaseWanted, WorkloadWaiting } from '@solyx/contracts/drm';
import { decideAdvice } from './advice';
import { askOf, type Ask } from './ask';
import { BOUNDS, Draft, type DraftBounds } from './draft';
import { leaseSentence, waitSentence } from './explain';
import type { Market } from './filter';
import { grantOf } from './grant';
import {
  chooseOffers,
  Incoming,
  LEASED_NODES_MAX,
  leaseIdOf,
  LEASE_IDLE_MS,
  leasesOf,
  LEASES_PENDING_MAX,
  offersEverSuit,
} from './leasing';
import type { PartitionDecision } from './partition-events';
import { laterOf, millisOf, type LeaseState, type PartitionState, type QueuedWorkload } from './partition-state';
import { place, type NotFound } from './place';
import { pricesAt } from './pricing';
import { reservationFor, RESERVATIONS_MAX, type Reservation } from './reservation';
import { Fleet, knownView, type ShapeView } from './shape-view';
import { reasonsKey, waitingKey } from './waiting';

/** Blocked shapes that one schedule looks at; those behind them wait unseen, as what is ahead of them goes first. */
const BLOCKED_SHAPES_MAX = 256;
const REASONS_MAX = 16;

/** Workloads of one shape, while one schedule runs. */
interface Shape {
  readonly view: ShapeView;
  /** Set once one of them did not fit: capacity only shrinks from there, so no other will. */
  blocked?: NotFound & { readonly reasons: readonly WaitReason[] };
  /** No offer is left for it, or a limit is reached. */
  leasingStopped?: boolean;
}

/** One run over a snapshot. Lives as long as one call of `schedule`. */
class Run {
  readonly fleet: Fleet;
  readonly market: Market;
  readonly incoming: Incoming;
  readonly reservations: Reservation[] = [];
  readonly waiting: { readonly workload: QueuedWorkload; readonly reasons: readonly WaitReason[] }[] = [];
  blockedShapes = 0;
  private readonly shapes = new Map<string, Shape>();

  constructor(readonly draft: Draft) {
    const { state, at } = draft;
    this.fleet = new Fleet(state);
    this.market = { entries: pricesAt(state, at), routes: state.routes };
    this.incoming = new Incoming(this.market, at, state);
  }

  shapeOf({ shape }: QueuedWorkload, ask: Ask): Shape {
    const known = this.shapes.get(shape);
    if (known) return known;
    const made: Shape = { view: knownView(this.draft.state, this.fleet, this.market, { shape, ask }) };
    this.shapes.set(shape, made);
    return made;
  }
}

/** Step 1: what has ended gives back what it held. */
function releaseEnded(draft: Draft): void {
  for (const workloadId of draft.state.ending) {
    const held = draft.state.held.get(workloadId);
    if (draft.isFull) return;
    if (!held) continue;
    const { allocationId, attempt, organizationId, shares } = held.allocation;
    const nodeIds = [...new Set(shares.map(({ nodeId }) => nodeId))];
    const { ending: reason } = held;
    draft.record(
      AllocationReleased({ allocationId, workloadId, attempt, organizationId, reason, nodeIds, at: draft.at }),
    );
  }
}

/** The reasons of a blocked shape, most frequent first; ties by name. */
function reasonsOf({ draft, fleet, market }: Run, view: ShapeView, found: NotFound): readonly WaitReason[] {
  const counts = new Map([...view.misfits, ...found.counts]);
  for (const [reason, count] of view.misfits) {
    counts.set(reason, count + (found.counts.get(reason) ?? 0));
  }
  const tooSmall = view.eligible.length + view.liftable < view.ask.nodesMin;
  if (tooSmall && !offersEverSuit(draft.state, view.ask, market)) counts.set('NeverFits', fleet.nodes.length);
  return [...counts]
    .map(([reason, count]) => ({ reason, count }))
    .sort((a, b) => rank(b) - rank(a) || b.count - a.count || (a.reason < b.reason ? -1 : 1))
    .slice(0, REASONS_MAX);
}

/** `NeverFits` first: nothing else matters then. */
const rank = ({ reason }: { readonly reason: string }): number => (reason === 'NeverFits' ? 1 : 0);

/** Nodes for which the shape waits are kept from those behind it. */
function protect(run: Run, { view }: Shape, found: NotFound, leaseReadyAt: number | undefined): void {
  if (run.reservations.length >= RESERVATIONS_MAX) return;
  const reservation = reservationFor(run.draft.state, run.fleet, view);
  if (reservation) run.reservations.push(reservation);
  if (leaseReadyAt !== undefined && found.some.length > 0) {
    run.reservations.push({ nodeIds: new Set(found.some), from: leaseReadyAt });
  }
}

interface Awaited {
  readonly nodes: number;
  /** Milliseconds since 1970 when the last of them should be up. */
  readonly readyAt: number;
}

/** Leased nodes for a workload that nothing free can take: those on their way first, then new ones, within bounds. */
function awaitLease(run: Run, shape: Shape, found: NotFound, ask: Ask): Awaited | undefined {
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

function block(run: Run, shape: Shape, found: NotFound): NotFound & { readonly reasons: readonly WaitReason[] } {
  run.blockedShapes += 1;
  return { ...found, reasons: reasonsOf(run, shape.view, found) };
}

/** Step 3, for one workload: it is granted what fits best, or it waits, or a node is leased for it. */
function consider(run: Run, workload: QueuedWorkload): void {
  const { draft, fleet } = run;
  const { notBefore } = workload.request;
  if (notBefore !== undefined && notBefore > draft.at) {
    run.waiting.push({ workload, reasons: [{ reason: 'BackingOff', count: 1 }] });
    return;
  }
  if (run.blockedShapes >= BLOCKED_SHAPES_MAX) {
    run.waiting.push({ workload, reasons: [{ reason: 'BehindInQueue', count: fleet.nodes.length }] });
    return;
  }
  const ask = askOf(workload.request);
  const shape = run.shapeOf(workload, ask);
  const isFirst = shape.blocked === undefined;
  if (!shape.blocked) {
    const found = place(fleet, shape.view, run.reservations, millisOf(draft.at));
    if (found.picks) {
      const grant = grantOf(draft.state, fleet, shape.view, { found, ask, at: draft.at });
      draft.record(grant);
      fleet.refresh(
        draft.state,
        found.picks.map(({ nodeId }) => nodeId),
      );
      return;
    }
    shape.blocked = block(run, shape, found);
  }
  const awaited = awaitLease(run, shape, shape.blocked, ask);
  if (isFirst) protect(run, shape, shape.blocked, awaited?.readyAt);
  const reasons = awaited
    ? [...shape.blocked.reasons.slice(0, REASONS_MAX - 1), { reason: 'AwaitingLease', count: awaited.nodes }]
    : shape.blocked.reasons;
  run.waiting.push({ workload, reasons });
}

/** Step 4: leased nodes that have been idle past their minimum, were cordoned, or were lost, go back. */
function releaseLeases(draft: Draft): void {
  const now = millisOf(draft.at);
  const reasonFor = (lease: LeaseState): string | undefined => {
    const node = draft.state.nodes.get(lease.nodeId);
    if (!node) return 'NodeLost';
    if (node.workloads.length > 0) return undefined;
    if (node.cordoned) return 'Drained';
    const isPaidOff = now >= millisOf(lease.activeAt) + lease.offer.minimumSeconds * 1000;
    return isPaidOff && now >= millisOf(node.idleSince) + LEASE_IDLE_MS ? 'LeaseIdle' : undefined;
  };
  for (const lease of leasesOf(draft.state)) {
    if (lease.phase !== 'active') continue;
    const reason = reasonFor(lease);
    if (draft.isFull) return;
    if (reason === undefined) continue;
    const { leaseId, nodeId } = lease;
    draft.record(LeaseReleaseWanted({ leaseId, nodeId, reason, at: draft.at }));
  }
}

/** Step 5: those who wait are told, where the reasons or the bucket of their place changed. */
function tell({ draft, waiting }: Run): void {
  // Workloads of one shape share their reasons, so each list is put into words once.
  const keys = new Map<readonly WaitReason[], string>();
  for (const [ahead, { workload, reasons }] of waiting.entries()) {
    const key = keys.get(reasons) ?? reasonsKey(reasons);
    keys.set(reasons, key);
    if (draft.isFull) return;
    if (waitingKey(key, ahead) === workload.waiting) continue;
    const { workloadId, organizationId } = workload.request;
    const sentence = waitSentence(reasons, ahead);
    draft.record(WorkloadWaiting({ workloadId, organizationId, ahead, reasons, sentence, at: draft.at }));
  }
}

/**
 * What to do now, given what is known: a pure function of the journal. Steps over one snapshot, as Kueue's cycle:
 * (1) release what ended, (2) answer advice, (3) go through the queue by priority, then age: grant, or keep nodes and
 * lease, (4) give idle leases back, (5) say who waits and why. Bounded; `wasCut` tells when to call again.
 */
export function schedule(
  state: PartitionState,
  at: string,
  bounds: DraftBounds = BOUNDS,
): readonly PartitionDecision[] {
  const draft = new Draft(state, laterOf(at, state.decidedAt), bounds);
  releaseEnded(draft);
  decideAdvice(draft);
  const run = new Run(draft);
  for (const workloadId of draft.state.order) {
    const workload = draft.state.queue.get(workloadId);
    if (draft.isFull) return draft.decisions;
    if (workload) consider(run, workload);
  }
  releaseLeases(draft);
  tell(run);
  return draft.decisions;
}
