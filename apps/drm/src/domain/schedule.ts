import type { WaitReason } from '@solyx/contracts';
import { decideAdvice } from './advice';
import { askOf, type Ask } from './ask';
import { BOUNDS, Draft, type DraftBounds } from './draft';
import type { PartitionDecision } from './partition-events';
import { isoOf, laterOf, type PartitionState, type QueuedWorkload } from './partition-state';
import { wantedOf } from './queues/lanes';
import { queueNameOf, quotaOf, UNLIMITED } from './queues/queue-state';
import { REASONS_MAX, Run, type Blocked, type WaitingWorkload } from './run';
import { admit, type Refusal } from './verbs/admit';
import { keep } from './verbs/backfill';
import { consolidate } from './verbs/consolidate';
import { enqueue } from './verbs/enqueue';
import { lease } from './verbs/lease';
import { grant } from './verbs/place';
import { leaveInTime } from './verbs/preempt';
import { releaseEnded, releaseLeases } from './verbs/release';
import { reserve } from './verbs/reserve';
import { tell } from './verbs/tell';

const withReason = (reasons: readonly WaitReason[], reason: string, count: number): readonly WaitReason[] => [
  ...reasons.slice(0, REASONS_MAX - 1),
  { reason, count },
];

/** Others leave for it: work on borrowed quota, spot work, work of lower priority; else some move out of its way. */
function makeRoom(run: Run, { workload, shape: { view } }: Blocked): number {
  const { draft, evictor } = run;
  const isKept = (nodeId: string): boolean => run.isKept(nodeId);
  const beneficiary = { workload, view };
  const { claims } = draft.state;
  const leaving = evictor.makeRoom(beneficiary, isKept) || consolidate(draft, evictor, beneficiary, isKept);
  if (draft.state.claims !== claims) run.claimed(workload);
  return leaving;
}

/** What is done for a workload that nothing free can take: others leave for it, or nodes are leased, or it just waits. */
function help(run: Run, blocked: Blocked): WaitingWorkload {
  const { workload } = blocked;
  const reasons = blocked.shape.blocked?.reasons ?? [];
  const leaving = run.policy.evicts ? makeRoom(run, blocked) : 0;
  const awaited = leaving > 0 ? undefined : lease(run, blocked);
  if (leaving > 0) return { workload, reasons: withReason(reasons, 'AwaitingPreemption', leaving) };
  const startsAt = keep(run, blocked, awaited);
  if (awaited) return { workload, reasons: withReason(reasons, 'AwaitingLease', awaited.nodes) };
  return startsAt === undefined
    ? { workload, reasons }
    : { workload, reasons, note: `it starts at ${isoOf(startsAt)} at the latest, by what runs now` };
}

/** The cohort has nothing left for it: what others borrowed of its queue's own quota is taken back. */
function takeBack(run: Run, workload: QueuedWorkload, ask: Ask, { reason, note }: Refusal): WaitingWorkload {
  const { organizationId } = workload.request;
  const quota = quotaOf(run.draft.state, organizationId, queueNameOf(workload.request));
  const isLimited = run.policy.evicts && quota !== undefined && quota !== UNLIMITED;
  const short = isLimited ? run.cohorts.shortOf(quota, wantedOf(ask)) : undefined;
  const leaving = short ? run.evictor.takeBack(workload, ask, short) : 0;
  const reasons = leaving > 0 ? withReason([reason], 'AwaitingPreemption', leaving) : [reason];
  return { workload, reasons, ...(note === undefined ? {} : { note }) };
}

/** One workload's turn: it is admitted and granted what fits best, or it waits. */
function consider(run: Run, workload: QueuedWorkload): void {
  const alike = run.knownShape(workload);
  // Deep in the queue, work like that which is blocked is not looked at again: nothing is done for it either.
  if (alike?.blocked && run.isDeep(workload)) {
    run.waiting.push({ workload, reasons: alike.blocked.reasons });
    return;
  }
  const ask = askOf(workload.request);
  const refused = admit(run, workload, ask) ?? grant(run, { workload, ask, shape: run.shapeOf(workload, ask) });
  if (!refused) return;
  if ('found' in refused) run.waiting.push(help(run, refused));
  else if (refused.reason.reason === 'QuotaExceeded') run.waiting.push(takeBack(run, workload, ask, refused));
  else run.waiting.push({ workload, reasons: [refused.reason], ...(refused.note ? { note: refused.note } : {}) });
}

/**
 * What to do now, given what is known: a pure function of the journal. Numbered steps over one snapshot, as Kueue's
 * cycle; each verb is a file in `verbs/`. Bounded; `wasCut` tells when to call again.
 */
function decide(draft: Draft): Run | undefined {
  // 1. What ended gives back what it held.
  releaseEnded(draft);
  // 2. Advice is answered; work on nodes that their lessor takes back is told to leave.
  decideAdvice(draft);
  leaveInTime(draft);
  // 3. The snapshot, and each workload's turn over it: admit, place, reclaim, preempt, consolidate, lease, backfill.
  const run = new Run(draft);
  reserve(run);
  for (const workload of enqueue(run)) {
    if (draft.isFull) return undefined;
    consider(run, workload);
  }
  // 4. Leased nodes that nobody needs go back.
  releaseLeases(draft);
  // 5. Those who wait are told why.
  tell(run);
  return run;
}

/** The decisions of one schedule. */
export function schedule(
  state: PartitionState,
  at: string,
  bounds: DraftBounds = BOUNDS,
): readonly PartitionDecision[] {
  const draft = new Draft(state, laterOf(at, state.decidedAt), bounds);
  decide(draft);
  return draft.decisions;
}

/** What would be decided now, and who waits for what then, in the order in which they are looked at. In thought. */
export function inThought(
  state: PartitionState,
  at: string,
  bounds: DraftBounds,
): { readonly decisions: readonly PartitionDecision[]; readonly waiting: readonly WaitingWorkload[] } {
  const draft = new Draft(state, laterOf(at, state.decidedAt), bounds);
  const run = decide(draft);
  return { decisions: draft.decisions, waiting: run?.waiting ?? [] };
}

/**
 * When the first of those who wait start at the latest, milliseconds since 1970, if all that runs takes as long as it
 * may and nobody comes who goes before them. The schedule is run in thought; empty where it plans nothing.
 */
export function plannedStarts(state: PartitionState, at: string): ReadonlyMap<string, number> {
  const bounds = { decisions: Number.MAX_SAFE_INTEGER, bytes: Number.MAX_SAFE_INTEGER };
  return decide(new Draft(state, laterOf(at, state.decidedAt), bounds))?.planned ?? new Map();
}
