import type { Route, RouteAlternative } from '@solyx/contracts';

/** Sites of one table at most; 32 × 31 routes are within the 1,024 of a table. */
export const SITES_MAX = 32;
export const LINKS_MAX = SITES_MAX * (SITES_MAX - 1);
/** Sites on a path at most, its ends included. */
export const PATH_SITES_MAX = 16;
export const ALTERNATIVES_MAX = 3;

/** One GiB in bits; divided by Mbit/s it is a time in µs. */
const GIB_BITS = 8_589_934_592;

/** What a route is chosen by. Several links may join the same two sites: the best of them counts. */
export interface RouteLink {
  readonly fromSite: string;
  readonly toSite: string;
  readonly latencyUs: number;
  readonly bandwidthMbps: number;
  readonly egressMicroUsdPerGiB: string;
}

/** A path with its sums; `carryUs` is the time to take one GiB over every link, one after another. */
export interface PathCost {
  readonly path: readonly string[];
  readonly egress: bigint;
  readonly carryUs: number;
  readonly latencyUs: number;
  readonly bandwidthMbps: number;
}

/** Links by the site they leave, one for each neighbour. */
export type Graph = ReadonlyMap<string, ReadonlyMap<string, PathCost>>;

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < a.length && i < b.length; i += 1) {
    const order = byText(a[i] ?? '', b[i] ?? '');
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/**
 * The order of paths: cheaper egress, then sooner there with one GiB, then fewer links, then by name. All sums are of
 * integers, never negative, compared one after another; so adding a link never makes a path better, and equal inputs
 * have one answer on every machine.
 */
export function compareCosts(a: PathCost, b: PathCost): number {
  if (a.egress !== b.egress) return a.egress < b.egress ? -1 : 1;
  if (a.carryUs !== b.carryUs) return a.carryUs - b.carryUs;
  if (a.path.length !== b.path.length) return a.path.length - b.path.length;
  return comparePaths(a.path, b.path);
}

/** Rounded up, by integers alone. */
const ceilDivide = (dividend: number, divisor: number): number => {
  const rest = dividend % divisor;
  return (dividend - rest) / divisor + (rest > 0 ? 1 : 0);
};

const asCost = (link: RouteLink): PathCost => ({
  path: [link.fromSite, link.toSite],
  egress: BigInt(link.egressMicroUsdPerGiB),
  carryUs: link.latencyUs + ceilDivide(GIB_BITS, link.bandwidthMbps),
  latencyUs: link.latencyUs,
  bandwidthMbps: link.bandwidthMbps,
});

const join = (head: PathCost, link: PathCost): PathCost => ({
  path: [...head.path, ...link.path.slice(1)],
  egress: head.egress + link.egress,
  carryUs: head.carryUs + link.carryUs,
  latencyUs: head.latencyUs + link.latencyUs,
  bandwidthMbps: Math.min(head.bandwidthMbps, link.bandwidthMbps),
});

const start = (site: string): PathCost => ({
  path: [site],
  egress: 0n,
  carryUs: 0,
  latencyUs: 0,
  bandwidthMbps: Number.MAX_SAFE_INTEGER,
});

/** Links with an end that is no declared site lead nowhere and are left out. */
export function graphOf(sites: readonly string[], links: readonly RouteLink[]): Graph {
  const graph = new Map(sites.map((site) => [site, new Map<string, PathCost>()]));
  for (const link of links) {
    const from = graph.get(link.fromSite);
    if (!from || !graph.has(link.toSite) || link.fromSite === link.toSite) continue;
    const known = from.get(link.toSite);
    const cost = asCost(link);
    if (!known || compareLinks(cost, known) < 0) from.set(link.toSite, cost);
  }
  return graph;
}

/** Of two links with the same cost the one with less latency, so that the order of declarations does not matter. */
const compareLinks = (a: PathCost, b: PathCost): number => compareCosts(a, b) || a.latencyUs - b.latencyUs;

/** Sites and first steps that a search must not take. */
interface Forbidden {
  readonly sites: ReadonlySet<string>;
  readonly firstSteps: ReadonlySet<string>;
}

const NOTHING: Forbidden = { sites: new Set(), firstSteps: new Set() };

type Best = ReadonlyMap<string, PathCost>;

/** The paths with one link more that are better than all found so far. */
function longer(graph: Graph, round: Best, best: Best, isAllowed: (to: string) => boolean): Best {
  const next = new Map<string, PathCost>();
  const steps = [...round].flatMap(([site, head]) =>
    [...(graph.get(site) ?? [])].map(([to, link]) => ({ to, head, link })),
  );
  for (const { to, head, link } of steps) {
    if (!isAllowed(to)) continue;
    const cost = join(head, link);
    // What is worse than a shorter path to the same site can lead to nothing better.
    const known = next.get(to) ?? best.get(to);
    if (!known || compareCosts(cost, known) < 0) next.set(to, cost);
  }
  return next;
}

/**
 * Best paths from one site to all others with at most `hopsMax` links: one round per link, R. Bellman, "On a routing
 * problem", 1958. Dijkstra's algorithm (1959) settles each site once and so cannot keep a path short enough; rounds can.
 * A walk that visits a site twice is never best, because leaving its circle out costs no more and has fewer links.
 */
function bestFrom(graph: Graph, from: string, hopsMax: number, { sites, firstSteps }: Forbidden): Best {
  const best = new Map<string, PathCost>();
  let round: Best = new Map([[from, start(from)]]);
  for (let hop = 1; hop <= hopsMax && round.size > 0; hop += 1) {
    round = longer(graph, round, best, (to) => to !== from && !sites.has(to) && (hop > 1 || !firstSteps.has(to)));
    for (const [to, cost] of round) best.set(to, cost);
  }
  return best;
}

/** The candidates that leave `path` at its `at`-th site, where no path in `found` does (J. Y. Yen, 1971). */
function spurOf(graph: Graph, path: readonly string[], at: number, found: readonly PathCost[]): PathCost | undefined {
  const root = path.slice(0, at + 1);
  const spurSite = root[at] ?? '';
  const to = path[path.length - 1] ?? '';
  const sameRoot = found.filter((other) => root.every((site, index) => other.path[index] === site));
  const forbidden: Forbidden = {
    sites: new Set(root),
    firstSteps: new Set(sameRoot.map((other) => other.path[at + 1] ?? '')),
  };
  const spur = bestFrom(graph, spurSite, PATH_SITES_MAX - 1 - at, forbidden).get(to);
  if (!spur) return undefined;
  const head = root.slice(1).reduce(
    (cost, site, index) => {
      const link = graph.get(root[index] ?? '')?.get(site);
      return link ? join(cost, link) : cost;
    },
    start(root[0] ?? ''),
  );
  return join(head, spur);
}

/** The next best paths without a circle after `best`, best first. */
function alternativesTo(graph: Graph, best: PathCost, count: number): readonly PathCost[] {
  const found = [best];
  const waiting = new Map<string, PathCost>();
  while (found.length <= count) {
    const last = found[found.length - 1] ?? best;
    for (let at = 0; at < last.path.length - 1; at += 1) {
      const candidate = spurOf(graph, last.path, at, found);
      if (candidate) waiting.set(candidate.path.join('\n'), candidate);
    }
    const [next] = [...waiting.values()].sort(compareCosts);
    if (!next) break;
    waiting.delete(next.path.join('\n'));
    found.push(next);
  }
  return found.slice(1);
}

const shown = ({ path, latencyUs, bandwidthMbps, egress }: PathCost): RouteAlternative => ({
  path,
  latencyUs,
  bandwidthMbps,
  egressMicroUsdPerGiB: egress.toString(),
});

/** The cheapest path from each site to each other one that can be reached, with what else there was; sorted by name. */
export function routesOf(
  sites: readonly string[],
  links: readonly RouteLink[],
  alternativesMax = ALTERNATIVES_MAX,
): readonly Route[] {
  const graph = graphOf(sites, links);
  return [...graph.keys()].sort(byText).flatMap((fromSite) => {
    const best = [...bestFrom(graph, fromSite, PATH_SITES_MAX - 1, NOTHING)].sort(([a], [b]) => byText(a, b));
    return best.map(([toSite, cost]) => ({
      fromSite,
      toSite,
      ...shown(cost),
      alternatives: alternativesTo(graph, cost, alternativesMax).map(shown),
    }));
  });
}
