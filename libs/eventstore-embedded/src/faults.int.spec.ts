import {
  EventStoreDBClient,
  persistentSubscriptionToStreamSettingsFromDefaults,
  UnavailableError,
  UnknownError,
} from '@eventstore/db-client';
import { launchPostgres, type TestServer } from '@solyx/testing';
import { Client } from 'pg';
import { MemoryStorage } from './storage/memory-storage';
import { PostgresStorage } from './storage/postgres-storage';
import { OutcomeUnknown } from './storage/storage';
import { startEventStore, type EventStore } from './server';
import { FlakyStorage } from './test/flaky-storage';
import { anEvent, aStream, becomes, errorOf, events, gather } from './test/fixture';

describe('A store whose database', () => {
  let postgres: TestServer;
  let store: EventStore;
  let client: EventStoreDBClient;
  const fatal: Error[] = [];

  beforeAll(async () => {
    postgres = await launchPostgres();
    const onFatal = (error: Error): unknown => fatal.push(error);
    store = await startEventStore({ port: 0, postgresUrl: postgres.url, onFatal });
    client = EventStoreDBClient.connectionString(store.connectionString);
  });
  afterAll(async () => {
    await client.dispose();
    await store.close();
    await postgres.stop();
  });

  const sql = async (text: string): Promise<void> => {
    const connection = new Client({ connectionString: postgres.url });
    await connection.connect();
    await connection.query(text);
    await connection.end();
  };
  const untilAvailable = (): Promise<void> => becomes(() => store.stats().available);
  const untilLost = (): Promise<void> => becomes(() => !store.stats().available);

  it('is lost while nothing is written: refuses, keeps serving what it remembers, and recovers by itself', async () => {
    const stream = aStream();
    await client.appendToStream(stream, events(3));
    await postgres.kill();
    await untilLost();
    const error = await errorOf(client.appendToStream(stream, anEvent()), UnavailableError);
    expect(error.message).toMatch(/nothing was written, try again/);
    expect(await gather(client.readStream(stream))).toHaveLength(3);
    await postgres.restart();
    await untilAvailable();
    await expect(client.appendToStream(stream, anEvent(), { expectedRevision: 2n })).resolves.toBeDefined();
    expect(fatal).toEqual([]);
  });

  it('ends its sessions: recovers likewise', async () => {
    const stream = aStream();
    await client.appendToStream(stream, anEvent());
    await sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'solyx-eventstore%'");
    await untilLost();
    await untilAvailable();
    await expect(client.appendToStream(stream, anEvent(), { expectedRevision: 0n })).resolves.toBeDefined();
    expect(fatal).toEqual([]);
  });

  it('says that the disk is full (53100, raised by a trigger here): refuses, and accepts when there is room', async () => {
    const stream = aStream();
    await client.appendToStream(stream, anEvent(0));
    await sql(`
      CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$;
      CREATE TRIGGER disk_is_full BEFORE INSERT ON eventstore.events EXECUTE FUNCTION disk_is_full();`);
    const late = anEvent(1);
    const refusals = await Promise.allSettled([
      client.appendToStream(stream, late, { expectedRevision: 0n }),
      client.appendToStream(aStream(), anEvent()),
    ]);
    for (const refusal of refusals) expect((refusal as PromiseRejectedResult).reason).toBeInstanceOf(UnavailableError);
    const classic = { credentials: { username: 'a', password: 'b' } };
    const error = await errorOf(client.appendToStream(stream, late, classic), UnavailableError);
    expect(error.message).toMatch(/No space left on device/);
    await errorOf(client.deleteStream(stream), UnavailableError);
    await sql('DROP TRIGGER disk_is_full ON eventstore.events');
    await client.appendToStream(stream, late, { expectedRevision: 0n });
    expect(await gather(client.readStream(stream))).toHaveLength(2);
    expect(fatal).toEqual([]);
  });

  it('has another writer: the second is refused with a clear error, and takes over when the first is gone', async () => {
    const onFatal = (): void => {};
    const second = new PostgresStorage({ url: postgres.url, onFatal, lockWaitMs: 50 });
    await expect(second.open()).rejects.toThrow(/another event store writes to schema eventstore/);
    const elsewhere = new PostgresStorage({ url: postgres.url, onFatal, schema: 'elsewhere' });
    await expect(elsewhere.open()).resolves.toEqual({ position: 0, created: 0 });
    const heir = new PostgresStorage({ url: postgres.url, onFatal, schema: 'elsewhere', lockWaitMs: 30_000 });
    const opened = heir.open();
    await elsewhere.close();
    await expect(opened).resolves.toBeDefined();
    await heir.close();
  });

  it('was written to by somebody else while it was lost: ends', async () => {
    const own = await launchPostgres();
    const heard: Error[] = [];
    const first = new PostgresStorage({ url: own.url, onFatal: (error) => heard.push(error) });
    await first.open();
    const event = {
      stream: 's',
      revision: 0,
      position: 64,
      created: 1,
      type: 't',
      isJson: true,
      data: Buffer.alloc(1),
    };
    const record = { ...event, id: 'c0ffee00-0000-4000-8000-000000000000', metadata: Buffer.alloc(0) };
    await first.append([record]);
    const usurper = new Client({ connectionString: own.url });
    await usurper.connect();
    await usurper.query('UPDATE eventstore.events SET position = position + 1');
    await usurper.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'solyx%'");
    await usurper.end();
    await becomes(() => heard.length > 0);
    expect(heard[0]).toBeInstanceOf(OutcomeUnknown);
    await first.close();
    await own.stop();
  });
});

describe('A store that cannot know whether it has written', () => {
  it('says so to whoever waits, accepts nothing more, and calls for its end', async () => {
    const storage = new FlakyStorage();
    const fatal: Error[] = [];
    const store = await startEventStore({ port: 0, storage, onFatal: (error) => fatal.push(error) });
    const client = EventStoreDBClient.connectionString(store.connectionString);
    const stream = aStream();
    const event = anEvent();
    storage.plan.push('lose after');
    const error = await errorOf(client.appendToStream(stream, event), UnavailableError);
    expect(error.message).toMatch(/repeat with the same event ids/);
    await errorOf(client.appendToStream(stream, anEvent()), UnavailableError);
    expect(fatal).toHaveLength(1);
    expect(store.stats().available).toBe(false);
    await client.dispose();
    await store.close();
    const successor = await startEventStore({ port: 0, storage });
    const again = EventStoreDBClient.connectionString(successor.connectionString);
    await expect(again.appendToStream(stream, event)).resolves.toMatchObject({ nextExpectedRevision: 0n });
    expect(await gather(again.readStream(stream))).toHaveLength(1);
    await again.dispose();
    await successor.close();
  });
});

describe('A slow reader', () => {
  it('holds up neither the log nor the memory, and misses nothing', async () => {
    const storage = new MemoryStorage();
    const limits = { recentEvents: { bytes: 1024 * 1024, events: 1000 }, recentIds: 1000, streams: 100 };
    const store = await startEventStore({ port: 0, storage, limits });
    const client = EventStoreDBClient.connectionString(store.connectionString);
    const stream = aStream();
    const subscription = client.subscribeToStream(stream, {}, { highWaterMark: 1 });
    subscription.pause();
    const size = 100_000;
    const count = 400;
    const data = { text: 'x'.repeat(size) };
    await client.appendToStream(stream, { ...anEvent(), data });
    const before = process.memoryUsage().arrayBuffers;
    for (let n = 1; n < count; n += 1) await client.appendToStream(stream, { ...anEvent(), data });
    // The storage of this test is memory and holds everything once; a reader with a buffer would hold it twice.
    const grown = process.memoryUsage().arrayBuffers - before;
    expect(grown).toBeLessThan(1.6 * size * count);
    const fast = await gather(client.subscribeToStream(stream), count);
    expect(fast).toHaveLength(count);
    const slow = await gather(subscription, count);
    expect(slow.map(({ event }) => Number(event?.revision))).toEqual(Array.from({ length: count }, (_, n) => n));
    await client.dispose();
    await store.close();
  });
});

describe('A store that is closed', () => {
  it('answers what it accepted, and ends subscriptions so that clients know to come back', async () => {
    const store = await startEventStore({ port: 0 });
    const client = EventStoreDBClient.connectionString(store.connectionString);
    const stream = aStream();
    const subscription = client.subscribeToStream(stream);
    const ended = new Promise((resolve) => subscription.once('error', resolve));
    await new Promise((resolve) => subscription.once('caughtUp', resolve));
    const appends = Array.from({ length: 50 }, (_, n) => client.appendToStream(stream, anEvent(n)));
    await Promise.all(appends);
    await store.close();
    expect(await ended).toBeInstanceOf(UnavailableError);
    await client.dispose();
  });
});

describe('What EventStoreDB has and this store has not', () => {
  it('is answered with what to do instead', async () => {
    const store = await startEventStore({ port: 0 });
    const client = EventStoreDBClient.connectionString(store.connectionString);
    const settings = persistentSubscriptionToStreamSettingsFromDefaults();
    const group = client.createPersistentSubscriptionToStream('s', 'g', settings);
    expect((await errorOf(group, UnknownError)).message).toMatch(/use a catch-up subscription/);
    const error = await errorOf(client.listProjections(), UnknownError);
    expect(error.message).toMatch(/no projections: subscribe to \$all with a filter/);
    await client.dispose();
    await store.close();
  });

  it('and a client that discovers finds the one node there is', async () => {
    const store = await startEventStore({ port: 0 });
    const client = EventStoreDBClient.connectionString`esdb+discover://127.0.0.1:${store.port}?tls=false`;
    await expect(client.appendToStream(aStream(), anEvent())).resolves.toMatchObject({ success: true });
    await client.dispose();
    await store.close();
  });
});
