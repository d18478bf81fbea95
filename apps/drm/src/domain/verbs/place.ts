import type { ReasonCode, WaitReason } from '@solyx/contracts';
import { lacking } from '../filter';
import { eligibleOf } from '../future';
import { grantOf } from '../grant';
import { offersEverSuit } from '../leasing';
import { place, type NotFound } from '../place';
import { REASONS_MAX, type Blocked, type Run, type Turn } from '../run';
import { counted, type ShapeView } from '../shape-view';
import { afford, coverable, type Refusal } from './admit';
import { guardOf } from './backfill';

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

/** Nodes that would have room, were it not kept for others. */
function behind(run: Run, { shape: { view } }: Turn, counts: ReadonlyMap<ReasonCode, number>): Map<ReasonCode, number> {
  const changed = new Map(counts);
  const eligible = eligibleOf(view);
  for (const [nodeId, before] of run.covered) {
    const { at = -1, suited } = eligible.get(nodeId) ?? {};
    const node = run.fleet.nodes[at];
    if (!suited || !node) continue;
    const reason = lacking(node, view.ask, suited.places);
    if (reason === undefined || lacking(before, view.ask, suited.places) !== undefined) continue;
    const left = (changed.get(reason) ?? 0) - 1;
    if (left > 0) changed.set(reason, left);
    else changed.delete(reason);
    counted(changed, 'BehindInQueue');
  }
  return changed;
}

/** Grants what fits best, as far as quota and budgets cover it; answers why not where nothing fits, or they do not. */
function tryGrant(run: Run, turn: Turn): NotFound | Refusal | undefined {
  const { draft, fleet } = run;
  const { view } = turn.shape;
  const found = place(fleet, view, guardOf(run));
  if (!found.picks) return { ...found, counts: behind(run, turn, found.counts) };
  const afforded = afford(run, turn.ask, found);
  if ('reason' in afforded) return afforded;
  draft.record(grantOf(draft.state, fleet, view, { found: afforded, ask: turn.ask, at: draft.at }));
  run.granted(turn.workload, afforded);
  return undefined;
}

/** Grants the workload what fits best; else it is blocked, or refused. */
export function grant(run: Run, turn: Turn): Blocked | Refusal | undefined {
  const { shape, ask, workload } = turn;
  const refused = coverable(run, ask, shape.view);
  if (refused) return refused;
  if (shape.blocked) return { ...turn, found: shape.blocked, isFirst: false };
  const answer = run.seenBy(workload, ask, () => tryGrant(run, turn));
  if (!answer || 'reason' in answer) return answer;
  run.blockedShapes += 1;
  shape.blocked = { ...answer, reasons: reasonsOf(run, shape.view, answer) };
  return { ...turn, found: shape.blocked, isFirst: true };
}
