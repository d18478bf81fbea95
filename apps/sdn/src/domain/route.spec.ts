import fc from 'fast-check';
import { PATH_SITES_MAX, routesOf, type RouteLink } from './route';
import { DEFAULT_TOPOLOGY } from './topology';

const link = (fromSite: string, toSite: string, egress: number, latencyUs = 10, bandwidthMbps = 1_000): RouteLink => ({
  fromSite,
  toSite,
  latencyUs,
  bandwidthMbps,
  egressMicroUsdPerGiB: egress.toString(),
});

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const sitesArb = fc.integer({ min: 2, max: NAMES.length }).map((count) => NAMES.slice(0, count));
const linkArb = fc.record({
  fromSite: fc.constantFrom(...NAMES, ...NAMES, 'undeclared'),
  toSite: fc.constantFrom(...NAMES, ...NAMES, 'undeclared'),
  latencyUs: fc.integer({ min: 0, max: 5 }),
  bandwidthMbps: fc.constantFrom(1, 3, 1_000, 100_000),
  egressMicroUsdPerGiB: fc.integer({ min: 0, max: 3 }).map(String),
});
const topologyArb = fc.tuple(sitesArb, fc.array(linkArb, { maxLength: 24, size: 'max' }));

type Cost = readonly [egress: bigint, carryUs: number, links: number];
const GIB_BITS = 8n * 1024n ** 3n;
const costOf = (from: RouteLink): Cost => [
  BigInt(from.egressMicroUsdPerGiB),
  from.latencyUs + Number((GIB_BITS + BigInt(from.bandwidthMbps) - 1n) / BigInt(from.bandwidthMbps)),
  1,
];
const add = (a: Cost, b: Cost): Cost => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
const less = (a: Cost, b: Cost): boolean => (a[0] !== b[0] ? a[0] < b[0] : a[1] !== b[1] ? a[1] < b[1] : a[2] < b[2]);

/** R. W. Floyd, "Algorithm 97: Shortest path", 1962: another way to the same costs. */
function floydWarshall(sites: readonly string[], links: readonly RouteLink[]): ReadonlyMap<string, Cost> {
  const best = new Map<string, Cost>();
  const relax = (from: string, to: string, cost: Cost): void => {
    const known = best.get(`${from}>${to}`);
    if (from !== to && (!known || less(cost, known))) best.set(`${from}>${to}`, cost);
  };
  const declared = links.filter(({ fromSite, toSite }) => sites.includes(fromSite) && sites.includes(toSite));
  for (const one of declared) relax(one.fromSite, one.toSite, costOf(one));
  const pairs = sites.flatMap((from) => sites.map((to) => [from, to] as const));
  for (const via of sites) {
    for (const [from, to] of pairs) {
      const [head, tail] = [best.get(`${from}>${via}`), best.get(`${via}>${to}`)];
      if (head && tail) relax(from, to, add(head, tail));
    }
  }
  return best;
}

/** The cheapest way to walk exactly this path. */
const walk = (path: readonly string[], links: readonly RouteLink[]): Cost =>
  path.slice(1).reduce<Cost>(
    (sum, to, index) => {
      const between = links.filter(({ fromSite, toSite }) => fromSite === path[index] && toSite === to).map(costOf);
      const [best] = between.sort((a, b) => (less(a, b) ? -1 : 1));
      return add(sum, best!);
    },
    [0n, 0, 0],
  );

/** Every path without a circle, by trying all: the slow truth about alternatives. */
function allPaths(from: string, to: string, sites: readonly string[], links: readonly RouteLink[]): string[][] {
  const open: string[][] = [[from]];
  const found: string[][] = [];
  for (let path = open.pop(); path; path = open.pop()) {
    const here = path[path.length - 1];
    const steps = links.filter(({ fromSite, toSite }) => fromSite === here && sites.includes(toSite));
    const next = [...new Set(steps.map(({ toSite }) => toSite))].filter((site) => !path.includes(site));
    if (here === to) found.push(path);
    else open.push(...next.map((site) => [...path, site]));
  }
  return found;
}

describe('Routes', () => {
  it('take the cheaper way around before the short one', () => {
    const [route] = routesOf(['a', 'b', 'c'], [link('a', 'c', 10), link('a', 'b', 4), link('b', 'c', 5)]);
    expect(route).toMatchObject({ toSite: 'b' });
    const around = routesOf(['a', 'b', 'c'], [link('a', 'c', 10), link('a', 'b', 4), link('b', 'c', 5)])[1];
    expect(around).toMatchObject({ path: ['a', 'b', 'c'], egressMicroUsdPerGiB: '9', latencyUs: 20 });
    expect(around?.alternatives).toEqual([
      { path: ['a', 'c'], latencyUs: 10, bandwidthMbps: 1_000, egressMicroUsdPerGiB: '10' },
    ]);
  });

  it('take the wider of two ways with the same price, though its latency is longer', () => {
    const links = [link('a', 'c', 0, 10, 10), link('a', 'b', 0, 900, 10_000), link('b', 'c', 0, 900, 10_000)];
    expect(routesOf(['a', 'b', 'c'], links)[1]).toMatchObject({ path: ['a', 'b', 'c'], bandwidthMbps: 10_000 });
  });

  it('round the time of a link up, never down', () => {
    // One GiB takes 2,863,311,530.67 µs at 3 Mbit/s, and exactly 2,863,311,530 µs by the other link.
    const links = [link('a', 'b', 0, 0, 3), link('a', 'b', 0, 715_827_882, 4)];
    expect(routesOf(['a', 'b'], links)[0]).toMatchObject({ bandwidthMbps: 4 });
  });

  it.each([
    [50, 20],
    [20, 50],
  ])('are as wide as the narrowest of links with %i and %i Mbit/s', (first, second) => {
    const links = [link('a', 'b', 0, 1, first), link('b', 'c', 0, 1, second)];
    expect(routesOf(['a', 'b', 'c'], links)[1]).toMatchObject({ bandwidthMbps: 20 });
  });

  it('take the link with less latency where two cost the same, whichever was declared first', () => {
    const links = [link('a', 'b', 0, 0, 2), link('a', 'b', 0, 2_147_483_648, 4)];
    for (const declared of [links, [...links].reverse()]) {
      expect(routesOf(['a', 'b'], declared)[0]).toMatchObject({ latencyUs: 0, bandwidthMbps: 2 });
    }
  });

  it('have no alternative that visits a site twice', () => {
    const links = [link('a', 'b', 0), link('b', 'a', 0), link('a', 'c', 0), link('b', 'c', 0)];
    const route = routesOf(['a', 'b', 'c'], links).find(({ fromSite, toSite }) => fromSite + toSite === 'ac');
    expect(route?.alternatives.map(({ path }) => path)).toEqual([['a', 'b', 'c']]);
  });

  it('have no alternative that is longer than a path may be', () => {
    const chain = Array.from({ length: PATH_SITES_MAX }, (_, index) => `n${String(index).padStart(2, '0')}`);
    const links = [
      ...chain.slice(1).map((to, index) => link(chain[index]!, to, 0)),
      link('n14', 'x', 0),
      link('x', 'n15', 0),
    ];
    const ends = routesOf([...chain, 'x'], links).filter(({ toSite }) => toSite === 'n15');
    expect(ends.find(({ fromSite }) => fromSite === 'n00')?.alternatives).toEqual([]);
    expect(ends.find(({ fromSite }) => fromSite === 'n01')?.alternatives).toHaveLength(1);
  });

  it('take the first name where all else is equal', () => {
    const links = [link('a', 'c', 0), link('c', 'd', 0), link('a', 'b', 0), link('b', 'd', 0)];
    const route = routesOf(['a', 'b', 'c', 'd'], links).find(({ fromSite, toSite }) => fromSite + toSite === 'ad');
    expect(route?.path).toEqual(['a', 'b', 'd']);
  });

  it('never pass more sites than a path may name', () => {
    const chain = Array.from({ length: PATH_SITES_MAX + 1 }, (_, index) => `n${String(index).padStart(2, '0')}`);
    const links = chain.slice(1).map((to, index) => link(chain[index]!, to, 0));
    const ends = routesOf(chain, links).filter(({ fromSite }) => fromSite === 'n00');
    expect(ends.map(({ toSite }) => toSite)).toEqual(chain.slice(1, PATH_SITES_MAX));
    const shortcut = [...links, link('n00', 'n16', 9)];
    expect(
      routesOf(chain, shortcut).find(({ fromSite, toSite }) => fromSite === 'n00' && toSite === 'n16'),
    ).toMatchObject({
      path: ['n00', 'n16'],
    });
  });

  it('cost what the Floyd–Warshall algorithm says, and are what they claim to be', () => {
    fc.assert(
      fc.property(topologyArb, ([sites, links]) => {
        const routes = routesOf(sites, links, 0);
        const oracle = floydWarshall(sites, links);
        expect(routes.map(({ fromSite, toSite }) => `${fromSite}>${toSite}`)).toEqual([...oracle.keys()].sort());
        for (const route of routes) {
          const cost = walk(route.path, links);
          expect(cost).toEqual(oracle.get(`${route.fromSite}>${route.toSite}`));
          expect(BigInt(route.egressMicroUsdPerGiB)).toBe(cost[0]);
        }
      }),
    );
  });

  it('are never dearer than a detour', () => {
    fc.assert(
      fc.property(topologyArb, ([sites, links]) => {
        const price = new Map(
          routesOf(sites, links, 0).map((route) => [
            `${route.fromSite}>${route.toSite}`,
            BigInt(route.egressMicroUsdPerGiB),
          ]),
        );
        for (const [from, via, to] of sites.flatMap((a) =>
          sites.flatMap((b) => sites.map((c) => [a, b, c] as const)),
        )) {
          const [head, tail] = [price.get(`${from}>${via}`), price.get(`${via}>${to}`)];
          if (from === to || head === undefined || tail === undefined) continue;
          expect(price.get(`${from}>${to}`)! <= head + tail).toBe(true);
        }
      }),
    );
  });

  it('name the next best paths, best first, as trying every path does', () => {
    fc.assert(
      fc.property(topologyArb, ([sites, links]) => {
        for (const route of routesOf(sites, links)) {
          const ways = allPaths(route.fromSite, route.toSite, sites, links)
            .map((path) => ({ path, cost: walk(path, links) }))
            .sort((a, b) =>
              less(a.cost, b.cost) ? -1 : less(b.cost, a.cost) ? 1 : a.path.join() < b.path.join() ? -1 : 1,
            );
          expect([route, ...route.alternatives].map(({ path }) => path)).toEqual(
            ways.slice(0, 4).map(({ path }) => path),
          );
        }
      }),
    );
  });

  it('do not depend on the order of declarations', () => {
    fc.assert(
      fc.property(topologyArb, fc.infiniteStream(fc.nat()), ([sites, links], order) => {
        const shuffled = links.map((one) => [order.next().value ?? 0, one] as const);
        shuffled.sort(([a], [b]) => a - b);
        const again = routesOf(
          [...sites].reverse(),
          shuffled.map(([, one]) => one),
        );
        expect(again).toEqual(routesOf(sites, links));
      }),
    );
  });

  it('never pass an undeclared site, nor a site twice', () => {
    fc.assert(
      fc.property(topologyArb, ([sites, links]) => {
        for (const route of routesOf(sites, links)) {
          for (const { path } of [route, ...route.alternatives]) {
            expect(path.every((site) => sites.includes(site))).toBe(true);
            expect(new Set(path).size).toBe(path.length);
            expect([path[0], path[path.length - 1]]).toEqual([route.fromSite, route.toSite]);
          }
        }
      }),
    );
  });

  it('connect every site of the built-in topology with every other', () => {
    const { sites, links } = DEFAULT_TOPOLOGY;
    const routes = routesOf(
      sites.map(({ siteId }) => siteId),
      links,
    );
    expect(routes).toHaveLength(sites.length * (sites.length - 1));
    expect(routes.every(({ alternatives }) => alternatives.length > 0)).toBe(true);
  });
});
