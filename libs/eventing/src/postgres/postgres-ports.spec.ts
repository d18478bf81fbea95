import { Logger } from '@nestjs/common';
import { eventually, withPostgres } from '@solyx/testing';
import { Client } from 'pg';
import type { ParkedEvent } from '../ports';
import { Database } from './database';
import { PostgresCheckpointStore } from './postgres-checkpoint-store';
import { PostgresLeadership } from './postgres-leadership';
import { PostgresParkingLot } from './postgres-parking-lot';

describe('the ports of eventing in PostgreSQL', () => {
  const postgres = withPostgres({ durable: true });
  beforeAll(() => {
    Logger.overrideLogger(false);
  });
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  const open = (instance = 'spec'): Database => {
    const database = new Database({ postgresUrl: postgres.url, instance });
    closing.push(() => database.close());
    return database;
  };
  const sql = async (text: string): Promise<readonly Record<string, unknown>[]> => {
    const client = new Client(postgres.url);
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  };

  describe('a database', () => {
    it('migrates once, however many start at the same time', async () => {
      await sql('CREATE SCHEMA crowd');
      const postgresUrl = `${postgres.url}?options=${encodeURIComponent('-c search_path=crowd')}`;
      const crowd = Array.from({ length: 4 }, (_, index) => new Database({ postgresUrl, instance: `i${index}` }));
      for (const each of crowd) closing.push(() => each.close());
      await Promise.all(crowd.map((each) => each.query('SELECT * FROM checkpoint')));
      expect(await sql('SELECT count(*)::int AS migrations FROM crowd.migration')).toEqual([{ migrations: 1 }]);
    });

    it('stores all of a transaction or nothing', async () => {
      const database = open();
      const work = database.transaction(async (connection) => {
        await connection.query("INSERT INTO checkpoint VALUES ('half', 1, 1)");
        await connection.query('SELECT 1 / 0');
      });
      await expect(work).rejects.toMatchObject({ code: 'Internal', details: { sqlState: '22012' } });
      expect(await database.query("SELECT 1 FROM checkpoint WHERE name = 'half'")).toEqual([]);
    });
  });

  describe('checkpoints', () => {
    it('do not wait for the disk, and leave other statements as they are', async () => {
      const database = open();
      await database.query('CREATE TABLE waits (name text, setting text)');
      await database.query(
        `CREATE FUNCTION note_wait() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN INSERT INTO waits VALUES (new.name, current_setting('synchronous_commit')); RETURN new; END $$`,
      );
      await database.query('CREATE TRIGGER noted AFTER INSERT ON checkpoint FOR EACH ROW EXECUTE FUNCTION note_wait()');
      try {
        await new PostgresCheckpointStore(database).save('unhurried', 1n, 1n);
        await database.query("INSERT INTO checkpoint VALUES ('usual', 1, 1)");
        const noted = await database.query('SELECT name, setting FROM waits ORDER BY name');
        expect(noted).toEqual([
          { name: 'unhurried', setting: 'off' },
          { name: 'usual', setting: 'on' },
        ]);
      } finally {
        await database.query('DROP TRIGGER noted ON checkpoint');
      }
    });

    it('move forwards, never back, and only for the latest leader', async () => {
      const store = new PostgresCheckpointStore(open());
      expect(await store.load('relay')).toBeUndefined();
      await store.save('relay', 10n, 1n);
      await store.save('relay', 5n, 1n);
      expect(await store.load('relay')).toBe(10n);
      await store.save('relay', 2n ** 62n, 2n);
      await expect(store.save('relay', 2n ** 62n + 1n, 1n)).rejects.toMatchObject({ code: 'FailedPrecondition' });
      expect(await store.load('relay')).toBe(2n ** 62n);
    });
  });

  describe('a parking lot', () => {
    const event = (eventId: string, more: Partial<ParkedEvent> = {}): ParkedEvent => ({
      ...{ consumer: 'billing-cmo', eventId, type: 'cmo.job.queued', stream: 'cmo.job-1', position: '7' },
      ...{ organizationId: 'acme', code: 'Internal', reason: 'Internal', message: 'no \u0000', hint: 'report' },
      ...{ attempts: 8, parkedAt: '2026-01-01T00:00:00.000Z', event: '{"a":"\\u0000"}' },
      ...more,
    });
    let lot: PostgresParkingLot;
    beforeEach(async () => {
      const database = open();
      await database.query('DELETE FROM parked_event');
      lot = new PostgresParkingLot(database);
    });

    it('keeps events in the order in which they came, and their place when they come again', async () => {
      for (const id of ['a', 'b', 'c']) await lot.park(event(id));
      await lot.park(event('a', { attempts: 16 }));
      const { events, total } = await lot.list({}, 2);
      expect(total).toBe(3);
      expect(events).toEqual([event('a', { attempts: 16 }), event('b')]);
      expect((await lot.list({}, 2, 2)).events).toEqual([event('c')]);
      expect((await lot.list({ eventId: 'b' }, 9)).total).toBe(1);
      expect((await lot.list({ organizationId: 'other' }, 9)).total).toBe(0);
    });

    it('forgets what was handled, keeps what was not, and stops where handling breaks', async () => {
      for (const id of ['a', 'b', 'c', 'd']) await lot.park(event(id));
      const seen: string[] = [];
      const take = lot.take({}, 3, async (parked) => {
        seen.push(parked.eventId);
        if (parked.eventId === 'b') return event('b', { attempts: 9 });
        if (parked.eventId === 'c') throw new Error('crash');
        return undefined;
      });
      await expect(take).rejects.toThrow('crash');
      expect(seen).toEqual(['a', 'b', 'c']);
      expect((await lot.list({}, 9)).events).toEqual([event('b', { attempts: 9 }), event('c'), event('d')]);
      expect(await lot.take({ eventId: 'd' }, 9, async () => undefined)).toEqual({ done: 1, kept: 0 });
      expect(await lot.take({}, 1, async (parked) => parked)).toEqual({ done: 0, kept: 1 });
    });

    it('refuses what is too large to keep', async () => {
      await expect(lot.park(event('x', { event: 'x'.repeat(2 ** 21) }))).rejects.toMatchObject({
        code: 'InvalidArgument',
      });
    });
  });

  describe('leadership', () => {
    interface Candidate {
      readonly leadership: PostgresLeadership;
      readonly told: string[];
    }
    const campaign = async (name: string, context = 'drm'): Promise<Candidate> => {
      const leadership = new PostgresLeadership(open(name), name);
      const told: string[] = [];
      await leadership.campaign(context, {
        onElected: async (epoch) => void told.push(`elected ${epoch}`),
        onLost: async () => void told.push('lost'),
      });
      closing.push(() => leadership.resign());
      return { leadership, told };
    };
    const epochs = ({ told }: Candidate): readonly bigint[] =>
      told.filter((each) => each.startsWith('elected')).map((each) => BigInt(each.split(' ')[1] ?? 0));

    it('is one process per context, and passes to the next when it is given up, with a later epoch', async () => {
      const first = await campaign('first');
      await eventually(() => expect(first.told).toHaveLength(1));
      const second = await campaign('second');
      const other = await campaign('other', 'sdn');
      await eventually(() => expect(other.told).toHaveLength(1));
      expect(second.told).toEqual([]);
      await first.leadership.resign();
      await eventually(() => expect(second.told).toHaveLength(1));
      expect(first.told).toHaveLength(1); // Who resigns is not told that it lost.
      expect(epochs(second)[0]).toBeGreaterThan(epochs(first)[0]!);
    });

    it('is lost with the connection, and won again', async () => {
      const leader = await campaign('leader');
      await eventually(() => expect(leader.told).toHaveLength(1));
      await sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'solyx lead drm'");
      await eventually(() => expect(leader.told).toHaveLength(3));
      expect(leader.told[1]).toBe('lost');
      const [before = 0n, after = 0n] = epochs(leader);
      expect(after).toBeGreaterThan(before);
    });

    it('returns after kill -9 of PostgreSQL', async () => {
      const leader = await campaign('leader');
      await eventually(() => expect(leader.told).toHaveLength(1));
      await postgres.kill();
      await eventually(() => expect(leader.told).toContain('lost'));
      await postgres.restart();
      await eventually(() => expect(epochs(leader)).toHaveLength(2));
    });

    it('is taken from a process that hangs', async () => {
      // A leader that proves nothing: the lock of a session that stays silent.
      const hung = new Client({ connectionString: postgres.url });
      hung.on('error', () => undefined);
      await hung.connect();
      await hung.query("SET idle_session_timeout = '300ms'");
      await hung.query("SELECT pg_advisory_lock(7305914, hashtext(current_schema() || '.' || 'cmo'))");
      const standby = await campaign('standby', 'cmo');
      await eventually(() => expect(standby.told).toHaveLength(1));
      await hung.end().catch(() => undefined);
    });
  });
});
