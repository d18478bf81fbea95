import { appendLeaf, EMPTY_FRONTIER, ManualClock, rootOf, type MerkleFrontier } from '@solyx/kernel';
import { leafHashOf, LOG_ID, Reconciler, treeHeadDecider, type TreeHead } from '@solyx/billing';
import { MemoryViews } from '@solyx/testing';
import type { Plane } from '../plane/plane';

const HOUR_MS = 3_600_000;

/** What billing shows is what the log alone says, and every charge was counted by a budget; the day is counted again. */
export async function checkBooks(plane: Plane): Promise<void> {
  const { log } = plane;
  const { projections } = plane.process('billing').spec.definition;
  const last = log.events[log.events.length - 1];
  if (!last) return;
  // An hour later nothing is on its way any more.
  const clock = new ManualClock(Date.parse(last.recordedAt) + HOUR_MS);
  const views = new MemoryViews(log, projections, clock);
  const counted = await new Reconciler(log, views, clock).count(last.recordedAt.slice(0, 10));
  if (counted.differing === 0 && counted.imbalanceMicroUsd === '0') return;
  const { differing, differences, imbalanceMicroUsd } = counted;
  plane.fail(
    'the books are right',
    JSON.stringify({ differing, imbalanceMicroUsd, differences: differences.slice(0, 5) }),
  );
}

/** Every signed head is the root of what the log had then: hashed again from the first event. */
export function checkHeads(plane: Plane): void {
  const heads = plane.log.streamNow(`${treeHeadDecider.name}-${LOG_ID}`).map(({ data }) => data as TreeHead);
  const roots = new Map(heads.map(({ size, rootHash }) => [size, rootHash]));
  let frontier: MerkleFrontier = EMPTY_FRONTIER;
  for (const event of plane.log.events) {
    frontier = appendLeaf(frontier, leafHashOf(event));
    const signed = roots.get(frontier.size);
    if (signed === undefined) continue;
    if (signed !== rootOf(frontier)) plane.fail('heads are true', `the head of ${frontier.size} events is another`);
    roots.delete(frontier.size);
  }
  if (roots.size > 0) plane.fail('heads are true', `${roots.size} heads cover more than there is`);
}
