import type { WaitReason } from '@solyx/contracts';
import { grantOf } from '../grant';
import { offersEverSuit } from '../leasing';
import { place, type NotFound } from '../place';
import { REASONS_MAX, type Blocked, type Run, type Turn } from '../run';
import type { ShapeView } from '../shape-view';
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

/** Grants the workload what fits best; answers why not where nothing does. */
export function grant(run: Run, turn: Turn): Blocked | undefined {
  const { draft, fleet } = run;
  const { shape, ask } = turn;
  if (shape.blocked) return { ...turn, found: shape.blocked, isFirst: false };
  const found = run.seenBy(turn.workload, () => place(fleet, shape.view, guardOf(run)));
  if (found.picks) {
    draft.record(grantOf(draft.state, fleet, shape.view, { found, ask, at: draft.at }));
    run.granted(found);
    return undefined;
  }
  run.blockedShapes += 1;
  shape.blocked = { ...found, reasons: reasonsOf(run, shape.view, found) };
  return { ...turn, found: shape.blocked, isFirst: true };
}
