import { canonicalJson } from '@solyx/kernel';
import type { Route } from '@solyx/contracts';
import type { RouteTablePublished } from '@solyx/contracts/sdn';
import { defineProjection } from '@solyx/eventing';

export interface RouteRow extends Route {
  /** Version of the table in which the route became as it is. */
  readonly sinceVersion: number;
}

export const routeKey = (fromSite: string, toSite: string): string => `${fromSite}>${toSite}`;

const same = ({ sinceVersion: _, ...row }: RouteRow, route: Route): boolean =>
  canonicalJson(row) === canonicalJson(route);

/** How does data get from one site to another, and at what price? */
export const routeView = defineProjection<RouteTablePublished, RouteRow>({
  name: 'sdn_route',
  version: 1,
  key: ({ data }) => data.routes.map(({ fromSite, toSite }) => routeKey(fromSite, toSite)),
  initial: {
    fromSite: '',
    toSite: '',
    path: [],
    latencyUs: 0,
    bandwidthMbps: 0,
    egressMicroUsdPerGiB: '0',
    alternatives: [],
    sinceVersion: 0,
  },
  indexes: ['fromSite', 'toSite'],
  on: {
    'sdn.routeTable.published': (row, { routes, version }, _, key) => {
      const route = routes.find(({ fromSite, toSite }) => routeKey(fromSite, toSite) === key);
      return !route || same(row, route) ? row : { ...route, sinceVersion: version };
    },
  },
});
