import { Client, DatabaseError, type QueryConfig } from 'pg';
import type { RecordedEvent } from '../engine/events';
import type { StreamState } from '../engine/stream-state';
import { boolArray, byteaArray, int8Array, textArray, uuidArray } from './pg-arrays';
import { PostgresReader } from './postgres-reader';
import { insertInto, insertOneInto, namesIn, prepareSchema, tailOf, type Names } from './postgres-schema';
import {
  AppendRefused,
  OutcomeUnknown,
  type AllPage,
  type EventStorage,
  type RecentEvent,
  type StreamPage,
  type Tail,
} from './storage';

export interface PostgresStorageOptions {
  readonly url: string;
  /** Default `eventstore`. */
  readonly schema?: string;
  /** The log turned out to be another than the one this process knows. */
  readonly onFatal: (error: Error) => void;
  /** One line for the operator. */
  readonly log?: (message: string) => void;
  /** How long to wait for a former writer to let go. Default 10 s. */
  readonly lockWaitMs?: number;
}

const CONNECT_TIMEOUT_MS = 5000;
const LOCK_WAIT_MS = 10_000;
const LOCK_POLL_MS = 25;
const RETRY_MS = { first: 50, max: 2000 };
const UNIQUE_VIOLATION = '23505';

const wait = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Events in a PostgreSQL. One connection writes and holds an advisory lock, which no second process gets; the lock ends
 * with the connection, so a writer that was killed is never in the way, and never writes again.
 */
export class PostgresStorage implements EventStorage {
  private readonly names: Names;
  private readonly reader: PostgresReader;
  private readonly insert: string;
  private readonly insertOne: string;
  private writer: Client | undefined;
  private tail: Tail = { position: 0, created: 0 };
  private closed = false;

  constructor(private readonly options: PostgresStorageOptions) {
    this.names = namesIn(options.schema ?? 'eventstore');
    this.reader = new PostgresReader(options.url, this.names);
    this.insert = insertInto(this.names);
    this.insertOne = insertOneInto(this.names);
  }

  get available(): boolean {
    return this.writer !== undefined;
  }

  async open(): Promise<Tail> {
    try {
      this.tail = await this.connect(this.options.lockWaitMs ?? LOCK_WAIT_MS);
    } catch (error) {
      await this.close();
      throw error;
    }
    return this.tail;
  }

  async append(events: readonly RecordedEvent[]): Promise<void> {
    const writer = this.writer;
    if (!writer) throw new AppendRefused('the database is not reachable');
    try {
      await writer.query(this.insertion(events));
    } catch (error) {
      throw await outcomeOf(error, writer);
    }
    const last = events.at(-1);
    if (last) this.tail = { position: last.position, created: last.created };
  }

  /** One statement for all of them, prepared once per connection. */
  private insertion(events: readonly RecordedEvent[]): QueryConfig {
    const [event] = events;
    if (events.length === 1 && event) {
      const { position, stream, revision, id, type, isJson, created, data, metadata } = event;
      const values = [position, stream, revision, id, type, isJson, created, data, metadata];
      return { name: 'append-one', text: this.insertOne, values };
    }
    const values = [
      int8Array(events.map(({ position }) => position)),
      textArray(events.map(({ stream }) => stream)),
      int8Array(events.map(({ revision }) => revision)),
      uuidArray(events.map(({ id }) => id)),
      textArray(events.map(({ type }) => type)),
      boolArray(events.map(({ isJson }) => isJson)),
      int8Array(events.map(({ created }) => created)),
      byteaArray(events.map(({ data }) => data)),
      byteaArray(events.map(({ metadata }) => metadata)),
    ];
    return { name: 'append', text: this.insert, values };
  }

  readAll(page: AllPage): Promise<RecordedEvent[]> {
    return this.reader.readAll(page);
  }

  readStream(page: StreamPage): Promise<RecordedEvent[]> {
    return this.reader.readStream(page);
  }

  readStates(streams: readonly string[]): Promise<StreamState[]> {
    return this.reader.readStates(streams);
  }

  recentEvents(limit: number): Promise<RecentEvent[]> {
    return this.reader.recentEvents(limit);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const writer = this.writer;
    this.writer = undefined;
    await Promise.allSettled([writer?.end(), this.reader.close()]);
  }

  /** Connects the writer, takes the lock, and tells where the log ends. */
  private async connect(lockWaitMs: number): Promise<Tail> {
    const { url } = this.options;
    const client = new Client({
      connectionString: url,
      application_name: 'solyx-eventstore-writer',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    client.on('error', (error) => this.lost(client, error));
    client.on('end', () => this.lost(client, new Error('the connection ended')));
    try {
      await client.connect();
      // What is acknowledged is on disk, whatever the database's own default says.
      await client.query('SET synchronous_commit = on; SET jit = off');
      await this.lock(client, lockWaitMs);
      await prepareSchema(client, this.names);
      const { rows } = await client.query<{ position: string; created: string }>(tailOf(this.names));
      this.writer = client;
      return { position: Number(rows[0]?.position ?? 0), created: Number(rows[0]?.created ?? 0) };
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
  }

  private async lock(client: Client, waitMs: number): Promise<void> {
    const key = `solyx-eventstore:${this.names.schema}`;
    for (const until = Date.now() + waitMs; ;) {
      const text = 'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked';
      const { rows } = await client.query<{ locked: boolean }>(text, [key]);
      if (rows[0]?.locked) return;
      if (Date.now() >= until) {
        throw new Error(
          `another event store writes to schema ${this.names.schema} of this database: stop it first, or use its address`,
        );
      }
      await wait(LOCK_POLL_MS);
    }
  }

  /** The writer's connection is gone while nothing was being written: what is under way hears of it by itself. */
  private lost(client: Client, error: Error): void {
    if (this.closed || this.writer !== client) return;
    this.writer = undefined;
    this.options.log?.(`the database is lost, appends are refused until it is back: ${error.message}`);
    void this.reconnect();
  }

  private async reconnect(): Promise<void> {
    for (let delay = RETRY_MS.first; !this.closed; delay = Math.min(delay * 2, RETRY_MS.max)) {
      await wait(delay);
      try {
        const tail = await this.connect(0);
        if (tail.position === this.tail.position) {
          this.options.log?.('the database is back, appends are accepted');
          return;
        }
        const message = `the log ends at ${tail.position} and not at ${this.tail.position}: somebody else wrote`;
        this.options.onFatal(new OutcomeUnknown(message));
        return;
      } catch (error) {
        this.options.log?.(`the database is still lost: ${messageOf(error)}`);
      }
    }
  }
}

/**
 * When a statement fails, its transaction fails with it, and the session goes on: nothing was written. A session that is
 * over says nothing about a commit that may have happened just before its end.
 */
async function outcomeOf(error: unknown, writer: Client): Promise<Error> {
  const failed = error instanceof DatabaseError && error.code !== UNIQUE_VIOLATION;
  if (failed && (await answers(writer))) return new AppendRefused(error.message, { cause: error });
  return new OutcomeUnknown(messageOf(error), { cause: error });
}

const answers = (client: Client): Promise<boolean> =>
  client.query('SELECT 1').then(
    () => true,
    () => false,
  );
