import { accept, canonicalJson, refuse, type Command, type Decider } from '@solyx/kernel';
import type { Route } from '@solyx/contracts';
import { RouteTablePublished } from '@solyx/contracts/sdn';
import { ALTERNATIVES_MAX, routesOf, SITES_MAX, type RouteLink } from './route';

/** A table with more than this would not fit into one event (64 KiB) of ours or of the scheduler's. */
export const TABLE_BYTES_MAX = 60_000;

export type RouteTableCommand = Command<
  'PublishRoutes',
  { readonly sites: readonly string[]; readonly links: readonly RouteLink[]; readonly at: string }
>;
export type RouteTableEvent = RouteTablePublished;
export type RouteTableRefusal = 'TopologyTooLarge';

export interface RouteTable {
  /** 0: nothing was published. */
  readonly version: number;
  readonly routes: readonly Route[];
}

/** Routes as JSON in UTF-16 units; site names are ASCII, so these are the bytes. */
const sizeOf = (routes: readonly Route[]): number => canonicalJson(routes).length;

/** All routes with as many alternatives as fit; undefined where even the routes alone do not. */
export function fittingRoutes(sites: readonly string[], links: readonly RouteLink[]): readonly Route[] | undefined {
  // The routes alone first: where they do not fit, nobody needs their alternatives, which take far longer to find.
  if (sizeOf(routesOf(sites, links, 0)) > TABLE_BYTES_MAX) return undefined;
  const full = routesOf(sites, links);
  for (let alternatives = ALTERNATIVES_MAX; alternatives >= 0; alternatives -= 1) {
    const routes = full.map((route) => ({ ...route, alternatives: route.alternatives.slice(0, alternatives) }));
    if (sizeOf(routes) <= TABLE_BYTES_MAX) return routes;
  }
  return undefined;
}

/** The routes between all sites. Computed again at each change of a site or link; published when they differ. */
export const routeTableDecider: Decider<RouteTableCommand, RouteTable, RouteTableEvent, RouteTableRefusal> = {
  name: 'sdn.routeTable',
  initial: { version: 0, routes: [] },
  decide({ data: { sites, links, at } }, table) {
    if (sites.length > SITES_MAX) return refuse('TopologyTooLarge', { sites: sites.length, sitesMax: SITES_MAX });
    const routes = fittingRoutes(sites, links);
    if (!routes) return refuse('TopologyTooLarge', { sites: sites.length, bytesMax: TABLE_BYTES_MAX });
    if (canonicalJson(routes) === canonicalJson(table.routes)) return accept();
    return accept(RouteTablePublished({ version: table.version + 1, routes, at }));
  },
  evolve: (_, { data: { version, routes } }) => ({ version, routes }),
};
