import { Client } from 'pg';
import { Logger } from '@nestjs/common';
import type { ManualClock } from '@solyx/kernel';
import {
  eventually,
  MemoryViews,
  NoProjections,
  openWorld,
  parcelContext,
  parcelsV1,
  parcelsV2,
  sameViewsSuite,
  viewsSuite,
  withPostgres,
  type ViewsAdapter,
} from '@solyx/testing';
import type { Projection } from '../define-projection';
import type { EventLog } from '../event-log';
import { Database } from './database';
import { PostgresProjectionRunner } from './postgres-projection-runner';
import { PostgresViews } from './postgres-views';
import { ViewProgress } from './view-progress';
import { ViewRegistry } from './view-registry';

describe('views in PostgreSQL', () => {
  const postgres = withPostgres({ durable: true });
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  const opened: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of opened.splice(0)) await close();
  });

  let schemas = 0;
  const sql = async (text: string): Promise<readonly Record<string, unknown>[]> => {
    const client = new Client(postgres.url);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  };
  const newSchema = async (): Promise<string> => {
    schemas += 1;
    await sql(`CREATE SCHEMA s${schemas}`);
    return `s${schemas}`;
  };
  const adapterIn =
    (schema: string, projections: readonly Projection[] = [parcelsV1]) =>
    async (log: EventLog, clock: ManualClock): Promise<ViewsAdapter & { registry: ViewRegistry }> => {
      const options = encodeURIComponent(`-c search_path=${schema}`);
      const database = new Database({ postgresUrl: `${postgres.url}?options=${options}`, instance: 'spec' });
      const registry = new ViewRegistry(database);
      const progress = new ViewProgress();
      const parts = { log, database, registry, progress, clock, projections };
      const runner = new PostgresProjectionRunner(parts);
      const close = async (): Promise<void> => {
        await runner.stop();
        await database.close();
      };
      opened.push(close);
      return { views: new PostgresViews(parts), runner, registry, close };
    };
  const open = async (log: EventLog, clock: ManualClock): Promise<ViewsAdapter> =>
    adapterIn(await newSchema())(log, clock);

  describe('keep the contract', () => viewsSuite(open));

  describe('and those in memory', () => {
    sameViewsSuite(open, async (log, clock) => ({
      views: new MemoryViews(log, [parcelsV1], clock),
      runner: new NoProjections(),
      close: async () => undefined,
    }));
  });

  it('show on other instances what the leading one folds', async () => {
    const schema = await newSchema();
    const world = await openWorld(adapterIn(schema));
    const follower = await adapterIn(schema)(world.log, world.clock);
    const sent = await world.happen('sent', ['p1']);
    expect(await follower.views.waitFor(parcelsV1, sent, 10_000)).toBe(true);
    expect(await follower.views.get(parcelsV1, 'p1')).toMatchObject({ status: 'Sent' });
  });

  it('notice a row that was changed by hand, and one that was taken away', async () => {
    const schema = await newSchema();
    const world = await openWorld(adapterIn(schema));
    for (const key of ['p1', 'p2']) await world.happen('sent', [key]);
    await world.settle();
    await sql(`UPDATE ${schema}.cmo_parcels_v1 SET row = replace(row, 'Sent', 'Gone') WHERE key = 'p1'`);
    const changed = await world.views.verify(parcelsV1);
    expect(changed.liveHash).not.toBe(changed.rebuiltHash);
    await sql(`UPDATE ${schema}.cmo_parcels_v1 SET row = replace(row, 'Gone', 'Sent') WHERE key = 'p1'`);
    const restored = await world.views.verify(parcelsV1);
    expect(restored.liveHash).toBe(restored.rebuiltHash);
    await sql(`DELETE FROM ${schema}.cmo_parcels_v1 WHERE key = 'p2'`);
    expect((await world.views.verify(parcelsV1)).liveHash).not.toBe(restored.rebuiltHash);
  });

  it('build a raised version beside the old one, and switch when it has caught up', async () => {
    const schema = await newSchema();
    const old = await openWorld(adapterIn(schema));
    await old.happen('sent', ['p1']);
    await old.happen('moved', ['p1']);
    await old.settle();
    await old.runner.stop();

    const newer = await adapterIn(schema, [parcelsV2])(old.log, old.clock);
    expect(await newer.views.get(parcelsV2, 'p1')).toMatchObject({ moves: 1 }); // Nothing better is there yet.
    await newer.runner.start(parcelContext, [parcelsV2], 2n);
    await eventually(async () => expect(await newer.views.get(parcelsV2, 'p1')).toMatchObject({ moves: 2 }));
    expect(await sql(`SELECT version, built, retired_at IS NULL AS used FROM ${schema}.view ORDER BY 1`)).toEqual([
      { version: 1, built: true, used: false },
      { version: 2, built: true, used: true },
    ]);
    expect(await newer.registry.dropRetired(3_600)).toEqual([]);
    expect(await newer.registry.dropRetired(-1)).toEqual(['cmo_parcels_v1']);
  });

  it('leave the view to a later leader', async () => {
    const schema = await newSchema();
    const first = await openWorld(adapterIn(schema));
    await first.happen('sent', ['p1']);
    await first.settle();
    const second = await adapterIn(schema)(first.log, first.clock);
    await second.runner.start(parcelContext, [parcelsV1], 2n);
    for (let moves = 0; moves < 20; moves += 1) await first.happen('moved', ['p1']);
    const head = await first.log.head();
    expect(await second.views.waitFor(parcelsV1, head, 10_000)).toBe(true);
    expect(await second.views.get(parcelsV1, 'p1')).toMatchObject({ moves: 20 });
    const { liveHash, rebuiltHash } = await second.views.verify(parcelsV1);
    expect(liveHash).toBe(rebuiltHash);
  });

  it('forget the past after the time that was asked for, and say so to who asks', async () => {
    const schema = await newSchema();
    const world = await openWorld(adapterIn(schema));
    const registry = (world as unknown as { registry: ViewRegistry }).registry;
    const sent = await world.happen('sent', ['p1']);
    const moved = await world.happen('moved', ['p1']);
    await world.settle();
    expect(await registry.trim(parcelsV1, 0)).toBe(1);
    await expect(world.views.get(parcelsV1, 'p1', { position: sent })).rejects.toMatchObject({
      code: 'FailedPrecondition',
    });
    expect(await world.views.get(parcelsV1, 'p1', { position: moved })).toMatchObject({ status: 'Moving' });
  });

  it('go on by themselves after kill -9 of PostgreSQL, and lose nothing', async () => {
    const world = await openWorld(adapterIn(await newSchema()));
    for (let count = 0; count < 50; count += 1) await world.happen('sent', [`p${count}`]);
    await world.settle();
    await postgres.kill();
    for (let count = 50; count < 100; count += 1) await world.happen('sent', [`p${count}`]);
    await expect(world.views.get(parcelsV1, 'p1')).rejects.toMatchObject({ code: 'Unavailable' });
    await postgres.restart();
    await eventually(async () => {
      const { rows, liveHash, rebuiltHash } = await world.views.verify(parcelsV1);
      expect({ rows, same: liveHash === rebuiltHash }).toEqual({ rows: 100, same: true });
    });
  });

  it('hold many rows without holding them in memory, and read a long history in batches', async () => {
    const world = await openWorld(adapterIn(await newSchema()));
    for (let count = 0; count < 6_000; count += 1) await world.happen('sent', [`p${count}`]);
    for (let count = 0; count < 6_000; count += 2_000) await world.happen('moved', [`p${count}`]);
    await world.settle();
    expect(await world.views.get(parcelsV1, 'p2000')).toMatchObject({ moves: 1 });
    const { rows, events, liveHash, rebuiltHash } = await world.views.verify(parcelsV1);
    expect({ rows, events }).toEqual({ rows: 6_000, events: 6_003 });
    expect(liveHash).toBe(rebuiltHash);
  });
});
