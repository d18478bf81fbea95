import { Client, Pool, type PoolConfig } from 'pg';
import { TOMBSTONE, TOMBSTONE_REVISION, type StoredEvent } from '../engine/types';
import { CommitOutcomeUnknown, StorageUnavailable, type HeadRow, type Storage } from './storage';

/** Of the database: one writer per database and schema. */
const LOCK = "hashtextextended('solyx.eventstore.writer:' || current_schema(), 0)";
const RECONNECT_MS_MAX = 2_000;
const CONNECT_TIMEOUT_MS = 5_000;
const READERS_MAX = 4;

const SCHEMA = `
  create table if not exists event (
    position bigint primary key,
    stream text collate "C" not null,
    revision bigint not null,
    id uuid not null,
    type text not null,
    json boolean not null,
    created bigint not null,
    metadata bytea not null,
    data bytea not null,
    constraint event_stream_revision unique (stream, revision)
  )`;

const INSERT = `insert into event (position, stream, revision, id, type, json, created, metadata, data)
  select * from unnest($1::bigint[], $2::text[], $3::bigint[], $4::uuid[], $5::text[], $6::boolean[], $7::bigint[], $8::bytea[], $9::bytea[])`;

const COLUMNS = 'position, stream, revision, id, type, json, created, metadata, data';

interface Row {
  readonly position: string;
  readonly stream: string;
  readonly revision: string;
  readonly id: string;
  readonly type: string;
  readonly json: boolean;
  readonly created: string;
  readonly metadata: Buffer;
  readonly data: Buffer;
}

const TOMBSTONE_TEXT = TOMBSTONE_REVISION.toString();
const toRevision = (text: string): number => (text === TOMBSTONE_TEXT ? TOMBSTONE : Number(text));
const fromRevision = (revision: number): string => (revision === TOMBSTONE ? TOMBSTONE_TEXT : String(revision));

const toEvent = (row: Row): StoredEvent => ({
  position: Number(row.position),
  stream: row.stream,
  revision: toRevision(row.revision),
  id: row.id,
  type: row.type,
  json: row.json,
  createdTicks: row.created,
  metadata: row.metadata,
  data: row.data,
});

/** PostgreSQL says so itself: the statement was rolled back, whole. Anything else may have been committed. */
const rolledBack = (error: unknown): boolean =>
  typeof (error as { code?: unknown }).code === 'string' &&
  /^[0-9A-Z]{5}$/.test((error as { code: string }).code) &&
  !/^(08|57P0)/.test((error as { code: string }).code);

/**
 * Events in one table. The writer's connection holds an advisory lock, so that a second writer is refused; one statement
 * per batch, committed with synchronous WAL. Readers have their own connections.
 */
export class PostgresStorage implements Storage {
  private writer: Client | undefined;
  private readonly readers: Pool;
  private lost: (error: Error) => void = () => undefined;
  private lastPosition = 0;
  private closing = false;
  private reconnecting = false;
  private appending = false;

  constructor(private readonly config: PoolConfig) {
    this.readers = new Pool({ ...config, max: READERS_MAX, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    this.readers.on('error', () => undefined); // An idle reader's loss is met again, and reported, by the next read.
  }

  async open(): Promise<{ lastPosition: number; lastTicks: string }> {
    const writer = await this.connect();
    await writer.query(SCHEMA);
    const tail = await this.tail(writer);
    this.lastPosition = tail.lastPosition;
    this.writer = writer;
    return tail;
  }

  private async connect(): Promise<Client> {
    const client = new Client({ ...this.config, connectionTimeoutMillis: CONNECT_TIMEOUT_MS, keepAlive: true });
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ locked: boolean }>(`select pg_try_advisory_lock(${LOCK}) as locked`);
    if (rows[0]?.locked !== true) {
      await client.end();
      throw new Error('another event store is writing to this database; stop it, or use another database');
    }
    await client.query('set synchronous_commit = on');
    client.once('end', () => this.onWriterEnd(client));
    return client;
  }

  private async tail(client: Client): Promise<{ lastPosition: number; lastTicks: string }> {
    const { rows } = await client.query<{ position: string; created: string }>(
      'select position, created from event order by position desc limit 1',
    );
    return { lastPosition: Number(rows[0]?.position ?? 0), lastTicks: rows[0]?.created ?? '0' };
  }

  private onWriterEnd(client: Client): void {
    if (this.closing || this.writer !== client) return;
    this.writer = undefined;
    this.lost(new StorageUnavailable('the connection to PostgreSQL was lost'));
    if (!this.appending) void this.reconnect();
  }

  /** Until PostgreSQL is back and the lock is ours again; the log must be exactly where we left it. */
  private async reconnect(): Promise<void> {
    if (this.reconnecting) return;
    this.reconnecting = true;
    for (let wait = 50; !this.closing && !this.writer; wait = Math.min(RECONNECT_MS_MAX, wait * 2)) {
      try {
        const client = await this.connect();
        const { lastPosition } = await this.tail(client);
        if (lastPosition !== this.lastPosition) {
          this.lost(new Error(`the log moved from ${this.lastPosition} to ${lastPosition} while it was not ours`));
          await client.end();
          break;
        }
        this.writer = client;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, wait).unref());
      }
    }
    this.reconnecting = false;
  }

  async append(events: readonly StoredEvent[]): Promise<void> {
    const { writer } = this;
    if (!writer) {
      void this.reconnect();
      throw new StorageUnavailable('PostgreSQL is not reachable; appends are refused until it is back');
    }
    this.appending = true;
    try {
      await writer.query({ name: 'append', text: INSERT, values: columnsOf(events) });
      this.lastPosition = events[events.length - 1]?.position ?? this.lastPosition;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (rolledBack(error)) throw new StorageUnavailable(`PostgreSQL refused the write: ${message}`);
      throw new CommitOutcomeUnknown(`commit outcome unknown: ${message}`);
    } finally {
      this.appending = false;
    }
  }

  async heads(streams: readonly string[]): Promise<readonly HeadRow[]> {
    const rows = await this.read<{ stream: string; revision: string; position: string }>(
      'heads',
      `select s.stream, e.revision, e.position from unnest($1::text[]) as s(stream)
       cross join lateral (select revision, position from event where stream = s.stream order by revision desc limit 1) e`,
      [streams],
    );
    return rows.map((row) => ({
      stream: row.stream,
      revision: toRevision(row.revision),
      position: Number(row.position),
    }));
  }

  async readStream(stream: string, from: number, limit: number, backwards: boolean): Promise<readonly StoredEvent[]> {
    const rows = await this.read<Row>(
      backwards ? 'stream-back' : 'stream',
      `select ${COLUMNS} from event where stream = $1 and revision ${backwards ? '<=' : '>='} $2 order by revision ${backwards ? 'desc' : 'asc'} limit $3`,
      [stream, fromRevision(from), limit],
    );
    return rows.map(toEvent);
  }

  async readAll(from: number, limit: number, backwards: boolean): Promise<readonly StoredEvent[]> {
    const rows = await this.read<Row>(
      backwards ? 'all-back' : 'all',
      `select ${COLUMNS} from event where position ${backwards ? '<' : '>='} $1 order by position ${backwards ? 'desc' : 'asc'} limit $2`,
      [String(from), limit],
    );
    return rows.map(toEvent);
  }

  async recentIds(
    limit: number,
  ): Promise<readonly { stream: string; id: string; revision: number; position: number }[]> {
    const rows = await this.read<{ stream: string; id: string; revision: string; position: string }>(
      'recent',
      'select stream, id, revision, position from event order by position desc limit $1',
      [limit],
    );
    return rows.reverse().map((row) => ({
      stream: row.stream,
      id: row.id,
      revision: toRevision(row.revision),
      position: Number(row.position),
    }));
  }

  private async read<R extends object>(name: string, text: string, values: readonly unknown[]): Promise<R[]> {
    try {
      return (await this.readers.query<R>({ name, text, values: [...values] })).rows;
    } catch (error) {
      throw new StorageUnavailable(
        `PostgreSQL is not reachable: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  onLost(callback: (error: Error) => void): void {
    this.lost = callback;
  }

  async close(): Promise<void> {
    this.closing = true;
    await Promise.allSettled([this.writer?.end(), this.readers.end()]);
  }
}

const columnsOf = (events: readonly StoredEvent[]): unknown[] => [
  events.map(({ position }) => position),
  events.map(({ stream }) => stream),
  events.map(({ revision }) => fromRevision(revision)),
  events.map(({ id }) => id),
  events.map(({ type }) => type),
  events.map(({ json }) => json),
  events.map(({ createdTicks }) => createdTicks),
  events.map(({ metadata }) => asBuffer(metadata)),
  events.map(({ data }) => asBuffer(data)),
];

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
