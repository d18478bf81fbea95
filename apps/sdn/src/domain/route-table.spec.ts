import { RouteTablePublished } from '@solyx/contracts/sdn';
import { eventRegistry } from '@solyx/contracts';
import { given } from '@solyx/testing';
import { routesOf, SITES_MAX, type RouteLink } from './route';
import { fittingRoutes, routeTableDecider, TABLE_BYTES_MAX } from './route-table';

const at = '2026-01-01T00:00:00.000Z';
const sites = ['a', 'b'];
const link = (latencyUs: number): RouteLink => ({
  fromSite: 'a',
  toSite: 'b',
  latencyUs,
  bandwidthMbps: 1_000,
  egressMicroUsdPerGiB: '5',
});
const publish = (links: readonly RouteLink[], names = sites) =>
  ({ type: 'PublishRoutes', data: { sites: names, links, at } }) as const;
const table = (version: number, latencyUs: number) =>
  RouteTablePublished({ version, routes: routesOf(sites, [link(latencyUs)]), at });
const past = given(routeTableDecider);

/** Every site joined to every other. */
const mesh = (count: number) => {
  const names = Array.from({ length: count }, (_, index) => `site-${String(index).padStart(2, '0')}`);
  const pairs = names.flatMap((fromSite) => names.filter((to) => to !== fromSite).map((toSite) => [fromSite, toSite]));
  return { names, links: pairs.map(([fromSite, toSite]) => ({ ...link(9), fromSite: fromSite!, toSite: toSite! })) };
};

describe('Route table', () => {
  it('begins at version 1', () =>
    past()
      .when(publish([link(1)]))
      .then(table(1, 1)));
  it('is published again when a link is healthier or sicker', () =>
    past(table(1, 1), table(2, 2))
      .when(publish([link(1)]))
      .then(table(3, 1)));
  it('is not published while nothing differs', () => {
    past(table(1, 1))
      .when(publish([link(1)]))
      .thenNothing();
    past().when(publish([])).thenNothing();
  });
  it('is empty again when no site is left', () =>
    past(table(1, 1))
      .when(publish([link(1)], []))
      .then(RouteTablePublished({ version: 2, routes: [], at })));
  it('refuses more sites than it can hold', () => {
    const { names } = mesh(SITES_MAX + 1);
    past().when(publish([], names)).thenRefused('TopologyTooLarge');
    expect(past().when(publish([], mesh(SITES_MAX).names)).decision.accepted).toBe(true);
  });
  it('drops alternatives before it refuses, and always fits into an event', () => {
    const { names, links } = mesh(14);
    const routes = fittingRoutes(names, links);
    expect(routes).toHaveLength(14 * 13);
    const alternatives = routes?.[0]?.alternatives.length ?? 0;
    expect(alternatives).toBeLessThan(3);
    expect(JSON.stringify(routes).length).toBeLessThanOrEqual(TABLE_BYTES_MAX);
    eventRegistry.validate(RouteTablePublished({ version: 1, routes: routes ?? [], at }), 64 * 1024);
  });
  it('refuses routes that do not fit even alone', () => {
    const { names, links } = mesh(26);
    past().when(publish(links, names)).thenRefused('TopologyTooLarge');
  });
});
