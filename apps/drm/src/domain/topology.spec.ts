import fc from 'fast-check';
import type { NodeTerms, TopologyLevel } from '@solyx/contracts';
import { sizeOf } from './elastic';
import { domainName, gangNodes, GangBest, LEVELS, type GangWish, type Placeable, widestOf } from './topology';

const terms = (nodeId: string, change: Partial<NodeTerms> = {}): NodeTerms => ({
  ...{ nodeId, source: 'owned', provider: 'owned', simulated: true, executor: 'simulated' },
  ...{ site: 'home', region: 'eu-central', costMicroUsdPerHour: '0', ...change },
});
const at = (nodeId: string, fabric: string, rack: string, score = 0, change: Partial<NodeTerms> = {}): Placeable => ({
  nodeId,
  score,
  terms: terms(nodeId, { fabric, rack, ...change }),
});
const SOURCES = ['owned', 'leased'];

function choose(nodes: readonly Placeable[], wish: Omit<GangWish, 'sources'>) {
  const gang = new GangBest<Placeable>({ ...wish, sources: SOURCES }, 0);
  for (const node of nodes) gang.offer(node);
  const chosen = gang.chosen();
  return chosen && { ...chosen.domain, nodes: chosen.picks.map(({ nodeId }) => nodeId) };
}

describe('A gang', () => {
  const fleet = [
    ...['a1', 'a2', 'a3', 'a4'].map((id) => at(id, 'ib-a', 'r1')),
    ...['b1', 'b2'].map((id) => at(id, 'ib-b', 'r1')),
    ...['c1'].map((id) => at(id, 'ib-c', 'r2', 100)),
  ];

  it('lies in the tightest group that holds it, and leaves the larger one whole', () => {
    expect(choose(fleet, { nodes: 2 })).toMatchObject({ level: 'island', name: 'home/ib-b', nodes: ['b1', 'b2'] });
    expect(choose(fleet, { nodes: 3 })).toMatchObject({ level: 'island', name: 'home/ib-a' });
    expect(choose(fleet, { nodes: 5 })).toMatchObject({ level: 'rack', name: 'home/r1' });
    expect(choose(fleet, { nodes: 7 })).toMatchObject({ level: 'site', name: 'home' });
    expect(choose(fleet, { nodes: 8 })).toBeUndefined();
  });

  it('waits rather than being spread further than required', () => {
    const wish = (level: TopologyLevel, required: boolean) => ({ nodes: 5, topology: { level, required } });
    expect(choose(fleet, wish('island', true))).toBeUndefined();
    expect(choose(fleet, wish('island', false))).toMatchObject({ level: 'rack' });
    expect(choose(fleet, wish('rack', true))).toMatchObject({ level: 'rack' });
  });

  it('takes owned nodes before leased ones of as tight a group', () => {
    const leased = ['l1', 'l2'].map((id) => at(id, 'ib-0', 'r9', 999, { source: 'leased', site: 'far' }));
    expect(choose([...leased, ...fleet], { nodes: 2 })).toMatchObject({ name: 'home/ib-b' });
  });

  it('is together with nobody where nobody said what is close', () =>
    expect(
      choose(
        [terms('x'), terms('y')].map((one) => ({ nodeId: one.nodeId, score: 0, terms: one })),
        {
          nodes: 2,
          topology: { level: 'rack', required: true },
        },
      ),
    ).toBeUndefined());

  it('takes what there is, down to its minimum, where it is elastic', () => {
    expect(choose(fleet, { nodes: 9, nodesMin: 2 })?.nodes).toHaveLength(7);
    const island = { level: 'island', required: true } as const;
    expect(choose(fleet, { nodes: 9, nodesMin: 2, topology: island })).toMatchObject({
      name: 'home/ib-a',
      nodes: ['a1', 'a2', 'a3', 'a4'],
    });
    expect(choose(fleet, { nodes: 9, nodesMin: 5, topology: island })).toBeUndefined();
    expect(sizeOf({ nodes: 4, nodesMin: 9 }, 4)).toBe(4);
  });
});

describe('A gang, whatever the fleet', () => {
  const label = (names: readonly string[]) => fc.option(fc.constantFrom(...names), { nil: undefined });
  const node = fc
    .record({
      fabric: label(['i1', 'i2', 'i3']),
      rack: label(['r1', 'r2']),
      site: fc.constantFrom('home', 'far'),
      score: fc.integer({ min: -5, max: 5 }),
    })
    .map(({ fabric, rack, site, score }) => (nodeId: string): Placeable => ({
      nodeId,
      score,
      terms: terms(nodeId, { site, ...(fabric ? { fabric } : {}), ...(rack ? { rack } : {}) }),
    }));
  const fleets = fc.array(node, { maxLength: 14 }).map((makers) => makers.map((make, place) => make(`n${place + 10}`)));
  const wishes = fc.record({
    nodes: fc.integer({ min: 1, max: 6 }),
    spread: fc.nat(3),
    level: fc.constantFrom<TopologyLevel>('node', 'island', 'rack', 'site'),
    required: fc.boolean(),
  });

  it('gets its nodes or none, never fewer than its minimum, never wider than required, never wider than needed', () => {
    let whole = 0;
    let fewer = 0;
    let none = 0;
    fc.assert(
      fc.property(fleets, wishes, (fleet, { nodes, spread, level, required }) => {
        const wish = { nodes, nodesMin: Math.max(1, nodes - spread), topology: { level, required } };
        const chosen = choose(fleet, wish);
        const widest = LEVELS.indexOf(widestOf(wish.topology));
        const groups = LEVELS.slice(0, widest + 1).map((one) => {
          const counts = new Map<string, number>();
          for (const { terms: of } of fleet) {
            const name = domainName(of, one);
            const within = domainName(of, widestOf(wish.topology));
            const key = `${name} ${within}`;
            if (name !== undefined && within !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
          }
          return Math.max(0, ...counts.values());
        });
        const most = Math.max(...groups);
        if (!chosen) {
          none += 1;
          expect(most).toBeLessThan(wish.nodesMin);
          expect(
            gangNodes(
              wish,
              fleet.map(({ terms: of }) => of),
            ),
          ).toBeUndefined();
          return;
        }
        expect(new Set(chosen.nodes).size).toBe(chosen.nodes.length);
        expect(chosen.nodes).toHaveLength(Math.min(nodes, most));
        expect(chosen.nodes.length).toBeGreaterThanOrEqual(wish.nodesMin);
        const at = LEVELS.indexOf(chosen.level);
        expect(at).toBeLessThanOrEqual(widest);
        expect(groups.findIndex((count) => count >= chosen.nodes.length)).toBe(at);
        const names = chosen.nodes.map((id) =>
          domainName(fleet.find(({ nodeId }) => nodeId === id)!.terms, chosen.level),
        );
        expect(new Set(names)).toEqual(new Set([chosen.name]));
        if (chosen.nodes.length < nodes) fewer += 1;
        else whole += 1;
      }),
      { numRuns: 5_000 },
    );
    for (const count of [whole, fewer, none]) expect(count).toBeGreaterThan(100);
  });
});
