import fc from 'fast-check';
import { ManualClock, type DomainEvent, type Recorded } from '@solyx/kernel';
import {
  defineContext,
  defineProjection,
  type EventLog,
  type Projection,
  type ProjectionRunner,
  type Views,
} from '@solyx/eventing';
import { eventually } from '../eventually';
import { MemoryEventLog } from '../memory-event-log';

/** Parcels that are sent, moved and lost: enough to meet every rule of views. Unknown types pass every log as they are. */
interface Parcel {
  readonly parcelId: string;
  readonly status: string;
  readonly moves: number;
  readonly note: string;
}
type Data = { readonly parcelIds: readonly string[]; readonly note?: string };
type ParcelEvent =
  | DomainEvent<'cmo.parcel.sent', Data>
  | DomainEvent<'cmo.parcel.moved', Data>
  | DomainEvent<'cmo.parcel.lost', Data>
  | DomainEvent<'cmo.parcel.cursed', Data>;

const parcels = (version: number): Projection<Parcel> =>
  defineProjection<ParcelEvent, Parcel>({
    name: 'cmo_parcels',
    version,
    key: ({ data }) => data.parcelIds,
    initial: { parcelId: '', status: 'New', moves: 0, note: '' },
    indexes: ['status', 'moves'],
    on: {
      'cmo.parcel.sent': (row, { note }, _event, key) => ({ ...row, parcelId: key, status: 'Sent', note: note ?? '' }),
      'cmo.parcel.moved': (row, { note }) => ({
        ...row,
        status: 'Moving',
        moves: row.moves + version,
        note: note ?? row.note,
      }),
      'cmo.parcel.lost': () => undefined,
      'cmo.parcel.cursed': () => {
        throw new Error('no code can fold this');
      },
    },
  });

export const parcelsV1 = parcels(1);
export const parcelsV2 = parcels(2);
export const parcelContext = defineContext({ context: 'cmo', listens: ['cmo'], projections: [parcelsV1] });

/** What a suite needs of an adapter; each `open` starts with nothing stored. */
export interface ViewsAdapter {
  readonly views: Views;
  readonly runner: ProjectionRunner;
  close(): Promise<void>;
}

export interface World extends ViewsAdapter {
  readonly log: MemoryEventLog;
  readonly clock: ManualClock;
  /** Appends one event and moves the clock on by a second; its position. */
  happen(
    fact: 'sent' | 'moved' | 'lost' | 'cursed',
    parcelIds: readonly string[],
    options?: Happening,
  ): Promise<bigint>;
  /** Waits until the view has folded everything. */
  settle(): Promise<bigint>;
}

interface Happening {
  readonly organizationId?: string;
  readonly note?: string;
  readonly context?: string;
}

let ids = 0;

export async function openWorld(
  open: (log: EventLog, clock: ManualClock) => Promise<ViewsAdapter>,
  projection: Projection<Parcel> = parcelsV1,
): Promise<World> {
  const clock = new ManualClock();
  const log = new MemoryEventLog(clock);
  const adapter = await open(log, clock);
  await adapter.runner.start(parcelContext, [projection], 1n);
  return {
    ...adapter,
    log,
    clock,
    happen: async (fact, parcelIds, { organizationId = 'acme', note, context = 'cmo' } = {}) => {
      clock.advance(1_000);
      const id = `00000000-0000-8000-8000-${String((ids += 1)).padStart(12, '0')}`;
      const actor = { kind: 'platform', id: 'test', roles: [] } as const;
      const metadata = { version: 1, organizationId, actor, $correlationId: id, $causationId: id };
      const data = { parcelIds, ...(note === undefined ? {} : { note }) };
      const event = { id, type: `${context}.parcel.${fact}`, data, metadata };
      return (await log.append(`${context}.parcel-${parcelIds[0] ?? 'none'}`, [event], 'any')).position;
    },
    settle: async () => {
      const head = await log.head();
      expect(await adapter.views.waitFor(projection, head, 10_000)).toBe(true);
      return head;
    },
  };
}

/** The contract of views: run by every adapter against `open`. */
export function viewsSuite(open: (log: EventLog, clock: ManualClock) => Promise<ViewsAdapter>): void {
  let world: World;
  beforeEach(async () => {
    world = await openWorld(open);
  });
  afterEach(async () => {
    await world.runner.stop();
    await world.close();
  });
  const keys = async (query: Parameters<typeof world.views.list<Parcel>>[1]): Promise<readonly string[]> =>
    (await world.views.list(parcelsV1, query)).rows.map(({ key }) => key);

  it('shows a row as its events left it, and not once it ended', async () => {
    await world.happen('sent', ['p1'], { note: 'fragile \u0000 "ä" \u2028' });
    await world.happen('moved', ['p1']);
    await world.settle();
    const expected = { parcelId: 'p1', status: 'Moving', moves: 1, note: 'fragile \u0000 "ä" \u2028' };
    expect(await world.views.get(parcelsV1, 'p1')).toEqual(expected);
    expect(await world.views.get(parcelsV1, 'p2')).toBeUndefined();
    await world.happen('lost', ['p1']);
    await world.settle();
    expect(await world.views.get(parcelsV1, 'p1')).toBeUndefined();
    await world.happen('sent', ['p1']);
    await world.settle();
    expect(await world.views.get(parcelsV1, 'p1')).toMatchObject({ status: 'Sent', moves: 0 });
  });

  it('shows every past instant, by position and by time', async () => {
    const before = world.clock.iso();
    const sent = await world.happen('sent', ['p1']);
    const sentAt = world.clock.iso();
    const moved = await world.happen('moved', ['p1']);
    const lost = await world.happen('lost', ['p1']);
    const lostAt = world.clock.iso();
    await world.settle();
    const status = async (at: Parameters<Views['get']>[2]): Promise<string | undefined> =>
      (await world.views.get(parcelsV1, 'p1', at))?.status;
    expect(await status({ position: sent - 1n })).toBeUndefined();
    expect(await status({ position: sent })).toBe('Sent');
    expect(await status({ position: moved - 1n })).toBe('Sent');
    expect(await status({ position: moved })).toBe('Moving');
    expect(await status({ position: lost })).toBeUndefined();
    expect(await status({ time: before })).toBeUndefined();
    expect(await status({ time: sentAt })).toBe('Sent');
    expect(await status({ time: lostAt })).toBeUndefined();
    expect(await keys({ first: 5, at: { position: moved } })).toEqual(['p1']);
    expect(await keys({ first: 5, at: { time: lostAt } })).toEqual([]);
    expect(await keys({ first: 5, where: { status: 'Sent' }, at: { position: sent } })).toEqual(['p1']);
  });

  it('lists pages in the order in which rows began, however often they change, without gaps or repeats', async () => {
    for (const key of ['p3', 'p1', 'p2']) await world.happen('sent', [key]);
    await world.happen('sent', ['q2', 'q1']); // One event, two rows.
    await world.happen('moved', ['p3']);
    await world.settle();
    expect(await keys({ first: 10 })).toEqual(['q2', 'q1', 'p2', 'p1', 'p3']);
    const first = await world.views.list(parcelsV1, { first: 1 });
    const rest = await world.views.list(parcelsV1, { first: 4, after: first.rows[0]!.cursor });
    expect([first.hasNext, rest.hasNext]).toEqual([true, false]);
    expect(rest.rows.map(({ key }) => key)).toEqual(['q1', 'p2', 'p1', 'p3']);
    const oldest = await world.views.list(parcelsV1, { first: 3, order: 'oldest' });
    expect(oldest.rows.map(({ key }) => key)).toEqual(['p3', 'p1', 'p2']);
    expect(await keys({ first: 3, order: 'oldest', after: oldest.rows[2]!.cursor })).toEqual(['q1', 'q2']);
  });

  it('keeps tenants apart and filters by what it indexes', async () => {
    await world.happen('sent', ['p1'], { organizationId: 'acme' });
    await world.happen('sent', ['p2'], { organizationId: 'other' });
    await world.happen('moved', ['p2'], { organizationId: 'platform' }); // The row stays its tenant's.
    await world.settle();
    expect(await keys({ first: 9, organizationId: 'acme' })).toEqual(['p1']);
    expect(await keys({ first: 9, organizationId: 'other' })).toEqual(['p2']);
    expect(await keys({ first: 9, organizationId: 'nobody' })).toEqual([]);
    expect(await keys({ first: 9, where: { status: 'Moving' } })).toEqual(['p2']);
    expect(await keys({ first: 9, where: { moves: 0 }, organizationId: 'acme' })).toEqual(['p1']);
    expect(await keys({ first: 9, where: { moves: 0, status: 'Moving' } })).toEqual([]);
  });

  it.each([
    ['a page of nothing', { first: 0 }],
    ['a page without bound', { first: 501 }],
    ['half a row', { first: 1.5 }],
    ['a field without index', { first: 1, where: { note: 'x' } }],
    ['a strange cursor', { first: 1, after: 'c3RyYW5nZQ' }],
    ['a time that is none', { first: 1, at: { time: "now'; DROP TABLE view" } }],
  ])('refuses %s', async (_what, query) => {
    await expect(world.views.list(parcelsV1, query)).rejects.toMatchObject({ code: 'InvalidArgument' });
  });

  it('waits until an event is visible, and no longer than asked', async () => {
    const sent = await world.happen('sent', ['p1']);
    expect(await world.views.waitFor(parcelsV1, sent, 10_000)).toBe(true);
    expect(await world.views.get(parcelsV1, 'p1')).toBeDefined();
    const foreign = await world.happen('sent', ['x'], { context: 'sdn' });
    expect(await world.views.waitFor(parcelsV1, foreign, 10_000)).toBe(true);
  });

  it('tells how far it is', async () => {
    await world.happen('sent', ['p1', 'p2']);
    const moved = await world.happen('moved', ['p1']);
    await world.settle();
    const [health] = await world.views.health();
    expect(health).toEqual({ view: 'cmo_parcels', version: 1, position: moved, rows: 2, lagSeconds: 0 });
  });

  it('stands still before an event that it cannot fold, and says so', async () => {
    await world.happen('sent', ['p1']);
    await world.happen('cursed', ['p1']);
    const moved = await world.happen('moved', ['p1']);
    await eventually(async () => {
      const [health] = await world.views.health();
      expect(health?.fault).toMatch(/cmo_parcels cannot fold cmo\.parcel\.cursed .* no code can fold this/);
    });
    expect(await world.views.get(parcelsV1, 'p1')).toMatchObject({ status: 'Sent', moves: 0 });
    expect(await world.views.waitFor(parcelsV1, moved, 50)).toBe(false);
    world.clock.advance(5_000);
    const [health] = await world.views.health();
    expect(health?.lagSeconds).toBeGreaterThanOrEqual(5);
  });

  it('goes on where it was after a stop, and folds nothing twice', async () => {
    await world.happen('sent', ['p1']);
    await world.happen('moved', ['p1']);
    await world.settle();
    await world.runner.stop();
    await world.happen('moved', ['p1']);
    await world.runner.start(parcelContext, [parcelsV1], 2n);
    await world.settle();
    expect(await world.views.get(parcelsV1, 'p1')).toMatchObject({ moves: 2 });
  });

  it('is proven equal to what the log makes of it', async () => {
    for (const key of ['p1', 'p2', 'p3']) await world.happen('sent', [key]);
    await world.happen('lost', ['p2']);
    const moved = await world.happen('moved', ['p1', 'p3']);
    await world.settle();
    const checked = await world.views.verify(parcelsV1);
    expect(checked).toMatchObject({ view: 'cmo_parcels', position: moved, events: 5, rows: 2 });
    expect(checked.liveHash).toMatch(/^[0-9a-f]{64}$/);
    expect(checked.rebuiltHash).toBe(checked.liveHash);
  });
}

/** One step of a random history: a fact and the parcels it is about. */
const step = fc.record({
  fact: fc.constantFrom('sent' as const, 'moved' as const, 'lost' as const),
  keys: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 2 }),
  organizationId: fc.constantFrom('acme', 'other'),
});

/** Two adapters that are given the same history answer every question alike. */
export function sameViewsSuite(
  left: (log: EventLog, clock: ManualClock) => Promise<ViewsAdapter>,
  right: (log: EventLog, clock: ManualClock) => Promise<ViewsAdapter>,
): void {
  it('answer alike, whatever happened', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 24 }), async (steps) => {
        const worlds = [await openWorld(left), await openWorld(right)];
        try {
          const answers = await Promise.all(worlds.map((world) => play(world, steps)));
          expect(answers[1]).toEqual(answers[0]);
        } finally {
          for (const world of worlds) {
            await world.runner.stop();
            await world.close();
          }
        }
      }),
      { numRuns: 15 },
    );
  });
}

async function play(
  world: World,
  steps: readonly { fact: 'sent' | 'moved' | 'lost'; keys: readonly string[]; organizationId: string }[],
): Promise<unknown> {
  const positions: Recorded['position'][] = [];
  for (const { fact, keys, organizationId } of steps)
    positions.push(await world.happen(fact, keys, { organizationId }));
  await world.settle();
  const pages: unknown[] = [await world.views.list(parcelsV1, { first: 2, organizationId: 'acme' })];
  // Every second instant is question enough.
  for (const position of positions.filter((_, index) => index % 2 === 0)) {
    pages.push(await world.views.list(parcelsV1, { first: 3, at: { position } }));
    pages.push(await world.views.list(parcelsV1, { first: 3, where: { status: 'Moving' }, at: { position } }));
  }
  // Only the ids of events differ between the worlds.
  const { rows, events, liveHash } = await world.views.verify(parcelsV1);
  return { pages, rows, events, liveHash };
}
