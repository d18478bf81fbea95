import type { NodeTerms, ReasonCode } from '@solyx/contracts';
import type { Ask } from './ask';
import { lacking } from './filter';
import { NOTHING_KEPT, type Guard } from './guard';
import type { NodeState } from './partition-state';
import { counted, type Counts, type Eligible, type Fleet, type ShapeView } from './shape-view';
import { Best, GangBest, type Domain } from './topology';

/** A node on which the workload fits now, and how good it is. */
export interface Pick extends Eligible {
  readonly node: NodeState;
  readonly score: number;
}

export interface Found {
  /** One per node of the gang, rank 0 first. */
  readonly picks: readonly Pick[];
  /** The next best, for the explanation. */
  readonly runnersUp: readonly Pick[];
  /** How many nodes fit. */
  readonly fitting: number;
  readonly counts: Counts;
  /** Of a gang: how close together. */
  readonly domain?: Domain;
}

export interface NotFound {
  readonly picks: undefined;
  /** For a gang: nodes that fit, though not enough of them. */
  readonly some: readonly string[];
  readonly fitting: number;
  readonly counts: Counts;
}

/** As many as an explanation shows besides the chosen. */
export const RUNNERS_UP_MAX = 5;
const TRANSFERS_MAX = 64;

/** The nodes that fit now, handed to `take`; the reasons of the others are counted. */
function scan(
  fleet: Fleet,
  view: ShapeView,
  guard: Guard,
  take: (eligible: Eligible, node: NodeState, score: number) => void,
): { readonly fitting: number; readonly counts: Map<ReasonCode, number> } {
  const { ask } = view;
  const counts = new Map<ReasonCode, number>();
  const scoreOf = fleet.scorer(view);
  let fitting = 0;
  for (const eligible of view.eligible) {
    const node = fleet.nodes[eligible.at];
    if (!node) continue;
    const reason = lacking(node, ask, eligible.suited.places);
    if (reason !== undefined) counted(counts, reason);
    else if (guard.has(eligible.nodeId) && !guard.allows(eligible, node, ask)) {
      counted(counts, 'BehindInQueue');
    } else {
      fitting += 1;
      take(eligible, node, scoreOf(eligible, node));
    }
  }
  return { fitting, counts };
}

/** Field by field: this is made for each node that fits, and a spread costs ten times as much. */
const pickOf = ({ at, nodeId, suited, fixed }: Eligible, node: NodeState, score: number): Pick => ({
  at,
  nodeId,
  suited,
  fixed,
  node,
  score,
});

/** A candidate of a gang, as topology looks at it. */
interface Member extends Pick {
  readonly terms: NodeTerms;
}

const memberOf = ({ at, nodeId, suited, fixed }: Eligible, node: NodeState, score: number): Member => ({
  at,
  nodeId,
  suited,
  fixed,
  node,
  score,
  terms: node.terms,
});

/** Data crosses to each site of a gang; a grant holds so many transfers. */
const isMovable = ({ request }: Ask, picks: readonly Member[]): boolean =>
  new Set(picks.map(({ terms }) => terms.site)).size * request.data.length <= TRANSFERS_MAX;

function placeGang(fleet: Fleet, view: ShapeView, guard: Guard): Found | NotFound {
  const { ask } = view;
  const { nodes, nodesMin, topology, placement } = ask.request;
  const wish = { nodes, ...(nodesMin === undefined ? {} : { nodesMin }), ...(topology ? { topology } : {}) };
  const gang = new GangBest<Member>({ ...wish, sources: placement.sources }, RUNNERS_UP_MAX);
  const { fitting, counts } = scan(fleet, view, guard, (eligible, node, score) =>
    gang.offer(memberOf(eligible, node, score)),
  );
  const together = gang.chosen();
  const { picks: overall } = gang.overall;
  if (!together || !isMovable(ask, together.picks)) {
    if (fitting > 0) counted(counts, fitting >= ask.nodesMin ? 'TopologyUnmet' : 'GangIncomplete', fitting);
    const some = overall.slice(0, ask.nodes).map(({ nodeId }) => nodeId);
    return { picks: undefined, some, fitting, counts };
  }
  const { picks, domain } = together;
  const chosen = new Set(picks.map(({ at }) => at));
  const runnersUp = overall.filter(({ at }) => !chosen.has(at)).slice(0, RUNNERS_UP_MAX);
  return { picks, runnersUp, fitting, counts, domain };
}

/** The best nodes without looking at the others: where nothing is kept for anybody, and packing keeps them in order. */
function bestPacked(fleet: Fleet, view: ShapeView, guard: Guard): Found | undefined {
  const best = guard === NOTHING_KEPT ? fleet.packed?.best(view, 1 + RUNNERS_UP_MAX) : undefined;
  const [first, ...runnersUp] = (best?.first ?? []).flatMap(({ eligible, score }) => {
    const node = fleet.nodes[eligible.at];
    return node ? [pickOf(eligible, node, score)] : [];
  });
  return best && first ? { picks: [first], runnersUp, fitting: best.fitting, counts: new Map() } : undefined;
}

/** Finds room for one workload among what is free and not kept for those before it. */
export function place(fleet: Fleet, view: ShapeView, guard: Guard): Found | NotFound {
  const { ask } = view;
  if (ask.nodes === 1) {
    const packed = bestPacked(fleet, view, guard);
    if (packed) return packed;
    const best = new Best<Pick>(1 + RUNNERS_UP_MAX);
    const { fitting, counts } = scan(fleet, view, guard, (eligible, node, score) =>
      best.offer(pickOf(eligible, node, score)),
    );
    const [first, ...runnersUp] = best.picks;
    return first ? { picks: [first], runnersUp, fitting, counts } : { picks: undefined, some: [], fitting, counts };
  }
  return placeGang(fleet, view, guard);
}
