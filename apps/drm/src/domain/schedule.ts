import type { WaitReason } from '@solyx/contracts';
import { decideAdvice } from './advice';
import { askOf } from './ask';
import { BOUNDS, Draft, type DraftBounds } from './draft';
import type { PartitionDecision } from './partition-events';
import { laterOf, type PartitionState, type QueuedWorkload } from './partition-state';
import { REASONS_MAX, Run, type Blocked } from './run';
import { admit } from './verbs/admit';
import { keep } from './verbs/backfill';
import { consolidate } from './verbs/consolidate';
import { enqueue } from './verbs/enqueue';
import { lease } from './verbs/lease';
import { grant } from './verbs/place';
import { leaveInTime } from './verbs/preempt';
import { releaseEnded, releaseLeases } from './verbs/release';
import { tell } from './verbs/tell';

const withReason = (reasons: readonly WaitReason[], reason: string, count: number): readonly WaitReason[] => [
  ...reasons.slice(0, REASONS_MAX - 1),
  { reason, count },
];

/** Others leave for it: work on borrowed quota, spot work, work of lower priority; else some move out of its way. */
function makeRoom(run: Run, { workload, shape: { view } }: Blocked): number {
  const { draft, evictor, reservations } = run;
  const isKept = (nodeId: string): boolean => reservations.some(({ nodeIds }) => nodeIds.has(nodeId));
  const beneficiary = { workload, view };
  const { claims } = draft.state;
  const leaving = evictor.makeRoom(beneficiary, isKept) || consolidate(draft, evictor, beneficiary, isKept);
  if (draft.state.claims !== claims) run.claimed(workload);
  return leaving;
}

/** What is done for a workload that nothing free can take: others leave for it, or nodes are leased, or it just waits. */
function help(run: Run, blocked: Blocked): readonly WaitReason[] {
  const reasons = blocked.shape.blocked?.reasons ?? [];
  const leaving = run.policy.evicts ? makeRoom(run, blocked) : 0;
  const awaited = leaving > 0 ? undefined : lease(run, blocked);
  keep(run, blocked, awaited);
  if (leaving > 0) return withReason(reasons, 'AwaitingPreemption', leaving);
  return awaited ? withReason(reasons, 'AwaitingLease', awaited.nodes) : reasons;
}

/** One workload's turn: it is admitted and granted what fits best, or it waits. */
function consider(run: Run, workload: QueuedWorkload): void {
  const refused = admit(run, workload);
  if (refused) {
    run.wait(workload, refused);
    return;
  }
  const ask = askOf(workload.request);
  const blocked = grant(run, { workload, ask, shape: run.shapeOf(workload, ask) });
  if (blocked) run.waiting.push({ workload, reasons: help(run, blocked) });
}

/**
 * What to do now, given what is known: a pure function of the journal. Numbered steps over one snapshot, as Kueue's
 * cycle; each verb is a file in `verbs/`. Bounded; `wasCut` tells when to call again.
 */
export function schedule(
  state: PartitionState,
  at: string,
  bounds: DraftBounds = BOUNDS,
): readonly PartitionDecision[] {
  const draft = new Draft(state, laterOf(at, state.decidedAt), bounds);
  // 1. What ended gives back what it held.
  releaseEnded(draft);
  // 2. Advice is answered; work on nodes that their lessor takes back is told to leave.
  decideAdvice(draft);
  leaveInTime(draft);
  // 3. The snapshot, and each workload's turn over it: admit, place, reclaim, preempt, consolidate, lease, backfill.
  const run = new Run(draft);
  for (const workload of enqueue(run)) {
    if (draft.isFull) return draft.decisions;
    consider(run, workload);
  }
  // 4. Leased nodes that nobody needs go back.
  releaseLeases(draft);
  // 5. Those who wait are told why.
  tell(run);
  return draft.decisions;
}
