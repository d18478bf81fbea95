import type { ReasonCode } from '@solyx/contracts';
import type { Ask } from './ask';
import { lacking } from './filter';
import type { NodeState } from './partition-state';
import { keptFor, type Reservation } from './reservation';
import { freeScore } from './score';
import { counted, type Counts, type Eligible, type Fleet, type ShapeView } from './shape-view';

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

/** Keeps the best few of a long row without sorting it; the row comes in the order of places. */
class Best {
  readonly picks: Pick[] = [];
  constructor(private readonly most: number) {}

  offer(eligible: Eligible, node: NodeState, score: number): void {
    const { picks, most } = this;
    const last = picks[picks.length - 1];
    // Of equals the earlier place stays ahead.
    if (picks.length >= most && last && score <= last.score) return;
    let place = picks.length;
    while (place > 0 && score > (picks[place - 1]?.score ?? score)) place -= 1;
    picks.splice(place, 0, { ...eligible, node, score });
    if (picks.length > most) picks.pop();
  }
}

/** The nodes that fit now, handed to `take`; the reasons of the others are counted. */
function scan(
  fleet: Fleet,
  view: ShapeView,
  guard: { readonly reservations: readonly Reservation[]; readonly over: number },
  take: (eligible: Eligible, node: NodeState, score: number) => void,
): { readonly fitting: number; readonly counts: Map<ReasonCode, number> } {
  const { ask } = view;
  const counts = new Map<ReasonCode, number>();
  let fitting = 0;
  for (const eligible of view.eligible) {
    const node = fleet.nodes[eligible.at];
    if (!node) continue;
    const reason = lacking(node, ask, eligible.suited.places);
    if (reason !== undefined) counted(counts, reason);
    else if (guard.reservations.length > 0 && keptFor(guard.reservations, eligible.nodeId, guard.over)) {
      counted(counts, 'BehindInQueue');
    } else {
      fitting += 1;
      take(eligible, node, eligible.fixed + freeScore(node, ask, eligible.suited));
    }
  }
  return { fitting, counts };
}

/** The best of a gang's candidates: overall, and on each site. */
class GangBest {
  readonly overall: Best;
  private readonly sites = new Map<string, Best>();

  constructor(private readonly ask: Ask) {
    this.overall = new Best(ask.nodes + RUNNERS_UP_MAX);
  }

  offer(eligible: Eligible, node: NodeState, score: number): void {
    this.overall.offer(eligible, node, score);
    const { site } = node.terms;
    const best = this.sites.get(site) ?? new Best(this.ask.nodes);
    this.sites.set(site, best);
    best.offer(eligible, node, score);
  }

  /** On the one site where they are best together, else spread, where no site has room for all. All or none. */
  chosen(): readonly Pick[] | undefined {
    const { nodes, request } = this.ask;
    const sum = (picks: readonly Pick[]): number => picks.reduce((total, { score }) => total + score, 0);
    const [together] = [...this.sites]
      .filter(([, { picks }]) => picks.length === nodes)
      .sort(([a, of], [b, and]) => sum(and.picks) - sum(of.picks) || (a < b ? -1 : 1));
    if (together) return together[1].picks;
    const spread = this.overall.picks.slice(0, nodes);
    const crossed = new Set(spread.map(({ node }) => node.terms.site)).size * request.data.length;
    return spread.length === nodes && crossed <= TRANSFERS_MAX ? spread : undefined;
  }
}

/** Finds room for one workload among what is free and not kept for those before it. */
export function place(
  fleet: Fleet,
  view: ShapeView,
  reservations: readonly Reservation[],
  now: number,
): Found | NotFound {
  const { ask } = view;
  const guard = { reservations, over: now + ask.runtimeMs };
  if (ask.nodes === 1) {
    const best = new Best(1 + RUNNERS_UP_MAX);
    const { fitting, counts } = scan(fleet, view, guard, (eligible, node, score) => best.offer(eligible, node, score));
    const [first, ...runnersUp] = best.picks;
    return first ? { picks: [first], runnersUp, fitting, counts } : { picks: undefined, some: [], fitting, counts };
  }
  const best = new GangBest(ask);
  const { fitting, counts } = scan(fleet, view, guard, (eligible, node, score) => best.offer(eligible, node, score));
  const picks = best.chosen();
  const { picks: overall } = best.overall;
  if (!picks) {
    if (fitting > 0) counted(counts, 'GangIncomplete', fitting);
    const some = overall.slice(0, ask.nodes).map(({ nodeId }) => nodeId);
    return { picks: undefined, some, fitting, counts };
  }
  const chosen = new Set(picks.map(({ at }) => at));
  const runnersUp = overall.filter(({ at }) => !chosen.has(at)).slice(0, RUNNERS_UP_MAX);
  return { picks, runnersUp, fitting, counts };
}
