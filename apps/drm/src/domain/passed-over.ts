import type { Candidate, ReasonCode } from '@solyx/contracts';
import { lacking } from './filter';
import type { Found, Pick } from './place';
import { TIER_STEP } from './score';
import type { Eligible, Fleet, ShapeView } from './shape-view';
import type { NodeState, PartitionState } from './partition-state';

const tierOf = (fixed: number): number => Math.ceil(fixed / TIER_STEP);

/** A score where it takes egress and distance alone: what is worse there than here, in micro-GPU. */
const gravityOf = (fleet: Fleet, one: Pick | (Eligible & { readonly node: NodeState }), view: ShapeView): number =>
  fleet.termsOf(one, one.node, view.ask).find(({ term }) => term === 'data-gravity')?.value ?? 0;

/**
 * Why an owned node on which the work fits was not taken though one that is not owned was: someone prefers another
 * source, the room is kept for others, the gang is not together there, the data is elsewhere, or it costs more.
 */
function reasonFor(
  fleet: Fleet,
  view: ShapeView,
  found: Found,
  one: Eligible & { readonly node: NodeState },
): ReasonCode {
  const [chosen] = found.picks;
  if (!chosen) return 'BehindInQueue';
  if (tierOf(one.fixed) < tierOf(chosen.fixed)) return 'SourcePreferred';
  const score = fleet.scoreOf(view, one, one.node);
  const best = found.picks.reduce((least, pick) => Math.min(least, pick.score), chosen.score);
  if (score > best) return found.picks.length > 1 ? 'GangIncomplete' : 'BehindInQueue';
  const farther = gravityOf(fleet, chosen, view) - gravityOf(fleet, one, view);
  return 2 * farther > chosen.score - score && farther > 0 ? 'DataElsewhere' : 'CostsMore';
}

/**
 * Owned nodes that were passed over for one that is not owned, and why: those on which the work fits first, since they
 * need a reason; then some that lack something. By node; empty where every chosen node is owned.
 */
export function passedOver(
  fleet: Fleet,
  view: ShapeView,
  found: Found,
  { nodes, most }: { readonly nodes: PartitionState['nodes']; readonly most: number },
): ReadonlyMap<string, Candidate> {
  const candidates = new Map<string, Candidate>();
  if (found.picks.every(({ node }) => node.terms.source === 'owned')) return candidates;
  const chosen = new Set(found.picks.map(({ at }) => at));
  const fitting: Candidate[] = [];
  const lacks: Candidate[] = [];
  for (const eligible of view.eligible) {
    const node = fleet.nodes[eligible.at];
    if (node?.terms.source !== 'owned' || chosen.has(eligible.at)) continue;
    const seen = lacking(node, view.ask, eligible.suited.places);
    // Room that is there and cannot be seen is kept for others.
    const free = seen === undefined ? undefined : nodes.get(eligible.nodeId);
    const isKept = free !== undefined && lacking(free, view.ask, eligible.suited.places) === undefined;
    const lack = isKept ? undefined : seen;
    const row = lack === undefined ? fitting : lacks;
    if (row.length >= most) continue;
    const reason = lack ?? (isKept ? 'BehindInQueue' : reasonFor(fleet, view, found, { ...eligible, node }));
    const score = seen === undefined ? fleet.scoreOf(view, eligible, node) : eligible.fixed;
    const { nodeId, source, simulated } = node.terms;
    const terms = fleet.termsOf(eligible, node, view.ask);
    const priceMicroUsdPerHour = String(eligible.suited.price.perHour);
    row.push({ nodeId, source, simulated, score, terms, priceMicroUsdPerHour, verdict: 'rejected', reason });
  }
  for (const candidate of [...fitting, ...lacks].slice(0, most)) candidates.set(candidate.nodeId, candidate);
  return candidates;
}
