import type { Recorded } from '@solyx/kernel';
import { RouteTablePublished, SiteDeclared } from '@solyx/contracts/sdn';
import { routesOf, type RouteLink } from '../domain/route';
import { routeKey, routeView, type RouteRow } from './route.projection';
import { siteView } from './site.projection';

const at = '2026-01-01T00:00:00.000Z';
const recorded = (event: SiteDeclared | RouteTablePublished): Recorded => ({
  id: 'e',
  ...event,
  stream: 's',
  revision: 0n,
  position: 1n,
  recordedAt: at,
  metadata: {
    version: 1,
    organizationId: 'platform',
    actor: { kind: 'service', id: 'sdn', roles: [] },
    $correlationId: 'c',
    $causationId: 'c',
  },
});

const link = (toSite: string, latencyUs: number): RouteLink => ({
  fromSite: 'a',
  toSite,
  latencyUs,
  bandwidthMbps: 10,
  egressMicroUsdPerGiB: '0',
});

describe('Views', () => {
  it('show a site as it was declared last', () => {
    const site = { siteId: 'home', region: 'eu', provider: 'owned', simulated: true };
    const event = recorded(SiteDeclared({ ...site, at }));
    expect(siteView.keys(event)).toEqual(['home']);
    expect(siteView.apply(siteView.initial, event, 'home')).toEqual(site);
  });

  it('show each route, and since which table it is so', () => {
    const rows = new Map<string, RouteRow>();
    const tables = [[link('b', 1)], [link('b', 1), link('c', 1)], [link('b', 1), link('c', 2)]].map((links, index) =>
      RouteTablePublished({ version: index + 1, routes: routesOf(['a', 'b', 'c'], links), at }),
    );
    for (const event of tables.map(recorded)) {
      for (const key of routeView.keys(event)) {
        rows.set(key, routeView.apply(rows.get(key) ?? routeView.initial, event, key)!);
      }
    }
    expect([...rows].map(([key, row]) => [key, row.latencyUs, row.sinceVersion])).toEqual([
      [routeKey('a', 'b'), 1, 1],
      [routeKey('a', 'c'), 2, 3],
    ]);
  });
});
