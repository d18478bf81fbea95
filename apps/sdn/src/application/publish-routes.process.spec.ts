import { eventSubscriptionsOf, Streams } from '@solyx/eventing';
import { ManualClock, type Recorded } from '@solyx/kernel';
import { LinkDeclared, RouteTablePublished, SiteDeclared } from '@solyx/contracts/sdn';
import { MemoryEventLog } from '@solyx/testing';
import { DEFAULT_TOPOLOGY, type Topology } from '../domain/topology';
import { DeclareTopologyProcess } from './declare-topology.process';
import { PublishRoutesProcess } from './publish-routes.process';

const plane = () => {
  const clock = new ManualClock();
  const log = new MemoryEventLog(clock);
  const streams = new Streams(log);
  const declare = (topology: Topology) =>
    new DeclareTopologyProcess(streams, { read: () => Promise.resolve(topology) }, clock).declareOnce();
  const all = async (type: string): Promise<Recorded[]> => {
    const found: Recorded[] = [];
    for await (const event of log.readAll()) if (event.type === type) found.push(event);
    return found;
  };
  return { clock, streams, declare, all, process: new PublishRoutesProcess(streams, clock) };
};

const slower: Topology = {
  ...DEFAULT_TOPOLOGY,
  links: DEFAULT_TOPOLOGY.links.map((link, index) => (index === 0 ? { ...link, latencyUs: 99_000 } : link)),
};

describe('Declaring and publishing', () => {
  it('hears sites and links', () => {
    const [subscription] = eventSubscriptionsOf(plane().process);
    expect(subscription?.types).toEqual(['sdn.site.declared', 'sdn.link.declared']);
  });

  it('publishes one table for a burst of declarations, and hears repeats without a word', async () => {
    const { declare, all, process } = plane();
    await declare(DEFAULT_TOPOLOGY);
    const declared = [...(await all(SiteDeclared.type)), ...(await all(LinkDeclared.type))];
    expect(declared).toHaveLength(DEFAULT_TOPOLOGY.sites.length + DEFAULT_TOPOLOGY.links.length);
    for (const event of [...declared, ...declared]) await process.publish(event as Recorded<LinkDeclared>);
    const tables = await all(RouteTablePublished.type);
    expect(tables.map(({ data }) => (data as RouteTablePublished['data']).version)).toEqual([1]);
    expect(tables[0]?.metadata.$causationId).toBe(declared[0]?.id);
  });

  it('says nothing new after a restart with the same configuration', async () => {
    const { declare, all } = plane();
    await declare(DEFAULT_TOPOLOGY);
    await declare(DEFAULT_TOPOLOGY);
    expect(await all(LinkDeclared.type)).toHaveLength(DEFAULT_TOPOLOGY.links.length);
  });

  it('publishes again when a link changes, and when it changes back', async () => {
    const { streams, clock, declare, all, process } = plane();
    for (const topology of [DEFAULT_TOPOLOGY, slower, DEFAULT_TOPOLOGY]) {
      await declare(topology);
      for (const event of await all(LinkDeclared.type)) await process.publish(event as Recorded<LinkDeclared>);
    }
    const tables = (await all(RouteTablePublished.type)).map(({ data }) => data as RouteTablePublished['data']);
    expect(tables.map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(tables[2]?.routes).toEqual(tables[0]?.routes);
    expect(new Set((await all(LinkDeclared.type)).map(({ id }) => id)).size).toBe(DEFAULT_TOPOLOGY.links.length + 2);
    // A successor that starts from nothing but the log agrees.
    const [first] = await all(LinkDeclared.type);
    await new PublishRoutesProcess(streams, clock).publish(first as Recorded<LinkDeclared>);
    expect(await all(RouteTablePublished.type)).toHaveLength(3);
  });

  it('is exact whichever of two deliveries runs first', async () => {
    const { declare, all, process } = plane();
    await declare(DEFAULT_TOPOLOGY);
    await declare(slower);
    const events = (await all(LinkDeclared.type)) as Recorded<LinkDeclared>[];
    await Promise.all([...events].reverse().map((event) => process.publish(event)));
    const tables = await all(RouteTablePublished.type);
    const { routes } = tables[tables.length - 1]?.data as RouteTablePublished['data'];
    expect(routes.find(({ fromSite, toSite }) => fromSite === 'home' && toSite === 'vast-eu')?.latencyUs).toBe(99_000);
  });

  it('lays no older measure over a newer one while an earlier reader dawdles', async () => {
    const { streams, declare, all, process } = plane();
    await declare(DEFAULT_TOPOLOGY);
    const [early] = (await all(LinkDeclared.type)) as Recorded<LinkDeclared>[];
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const { log } = streams;
    const readAll = log.readAll.bind(log);
    log.readAll = async function* (options) {
      log.readAll = readAll;
      const seen: Recorded[] = [];
      for await (const event of readAll(options)) seen.push(event);
      await gate;
      yield* seen;
    };
    const first = process.publish(early!);
    await turns();
    await declare(slower);
    const newest = (await all(LinkDeclared.type)) as Recorded<LinkDeclared>[];
    const second = process.publish(newest[newest.length - 1]!);
    await turns();
    open();
    await Promise.all([first, second]);
    const tables = await all(RouteTablePublished.type);
    const { routes } = tables[tables.length - 1]?.data as RouteTablePublished['data'];
    expect(routes.find(({ fromSite, toSite }) => fromSite === 'home' && toSite === 'vast-eu')?.latencyUs).toBe(99_000);
  });
});

/** Lets everything run that waits for nothing but its turn. */
const turns = async (): Promise<void> => {
  for (let i = 0; i < 50; i += 1) await new Promise((resolve) => setImmediate(resolve));
};
