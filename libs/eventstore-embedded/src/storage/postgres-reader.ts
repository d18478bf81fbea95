import { escapeLiteral, Pool, type PoolClient } from 'pg';
import { TOMBSTONE_REVISION, type RecordedEvent } from '../engine/events';
import { parseMetadata } from '../engine/stream-metadata';
import { UNWRITTEN, type StreamState } from '../engine/stream-state';
import { textArray } from './pg-arrays';
import { copyRows, type CopyRow } from './pg-copy';
import { statesFrom, type Names } from './postgres-schema';
import { ReadRefused, type AllPage, type RecentEvent, type StreamPage } from './storage';

/** Bytes of one page, give or take its last event. */
const PAGE_BYTES = 1024 * 1024;
const CONNECTIONS = 4;
const CONNECT_TIMEOUT_MS = 5000;
/** Every query here walks an index; statistics of a table that grows this fast would now and then say otherwise. */
const PLAN = '-c enable_seqscan=off -c enable_bitmapscan=off -c enable_sort=off -c jit=off';

const EVENT = 'position, stream, revision, id::text, type, is_json, created, data, metadata';

function readEvent(row: CopyRow): RecordedEvent {
  const position = row.int8();
  const stream = row.text();
  const revision = row.int8();
  const id = row.text();
  const type = row.text();
  const isJson = row.bool();
  const created = row.int8();
  return { position, stream, revision, id, type, isJson, created, data: row.bytea(), metadata: row.bytea() };
}

function readRecent(row: CopyRow): RecentEvent {
  return { id: row.text(), stream: row.text(), revision: row.int8(), position: row.int8() };
}

interface StateRow {
  readonly last: string | null;
  readonly last_metadata: string | null;
  readonly is_json: boolean | null;
  readonly data: Buffer | null;
}

function stateOf({ last, last_metadata, is_json, data }: StateRow): StreamState {
  const own = Number(last ?? -1);
  const tombstoned = own === TOMBSTONE_REVISION;
  const state = { ...UNWRITTEN, last: tombstoned ? -1 : own, tombstoned };
  if (last_metadata === null || data === null) return state;
  const isJson = is_json === true;
  const lastMetadata = Number(last_metadata);
  return { ...state, lastMetadata, metadata: parseMetadata(isJson, data), metadataBody: { isJson, data } };
}

/** A bound that is no number of the log's own is left out. */
const bound = (column: string, operator: string, value: number): string =>
  Number.isFinite(value) ? ` AND ${column} ${operator} ${Math.ceil(value)}` : '';

/** Reads by a few connections of its own, so that a reader never stands in the writer's way. */
export class PostgresReader {
  private readonly pool: Pool;

  constructor(
    url: string,
    private readonly names: Names,
  ) {
    this.pool = new Pool({
      connectionString: url,
      max: CONNECTIONS,
      application_name: 'solyx-eventstore-reader',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      options: PLAN,
    });
    // A connection that dies is replaced when somebody needs one; whoever uses it hears of it by the query that fails.
    this.pool.on('error', () => {});
    this.pool.on('connect', (client) => client.on('error', () => {}));
  }

  readAll({ direction, after, before, limit }: AllPage): Promise<RecordedEvent[]> {
    const { events } = this.names;
    const range = `position > ${after}${bound('position', '<', before)}`;
    // Positions count bytes, so a span of them bounds the bytes of a page.
    const [nearest, within, order] =
      direction === 'forwards'
        ? ['min(position)', `<= ${PAGE_BYTES} +`, 'ASC']
        : ['max(position)', `>= -${PAGE_BYTES} +`, 'DESC'];
    return this.copy(
      `SELECT ${EVENT} FROM ${events} WHERE ${range}
       AND position ${within} (SELECT ${nearest} FROM ${events} WHERE ${range})
       ORDER BY position ${order} LIMIT ${limit}`,
      readEvent,
    );
  }

  readStream({ stream, direction, first, last, createdFrom, limit }: StreamPage): Promise<RecordedEvent[]> {
    const order = direction === 'forwards' ? 'ASC' : 'DESC';
    const revisions = `revision >= ${first}${bound('revision', '<=', last)}${bound('created', '>=', createdFrom)}`;
    const page = `SELECT * FROM ${this.names.events} WHERE stream = ${escapeLiteral(stream)} AND ${revisions}
      ORDER BY revision ${order} LIMIT ${limit}`;
    const bytes = 'octet_length(data) + octet_length(metadata)';
    return this.copy(
      `SELECT ${EVENT} FROM (
         SELECT *, sum(${bytes}) OVER (ORDER BY revision ${order} ROWS UNBOUNDED PRECEDING) AS bytes FROM (${page}) AS page
       ) AS bounded WHERE bytes - (${bytes}) < ${PAGE_BYTES}`,
      readEvent,
    );
  }

  async readStates(streams: readonly string[]): Promise<StreamState[]> {
    return this.use(async (client) => {
      const query = { name: 'states', text: statesFrom(this.names), values: [textArray(streams)] };
      const { rows } = await client.query<StateRow>(query);
      return rows.map(stateOf);
    });
  }

  async recentEvents(limit: number): Promise<RecentEvent[]> {
    const columns = 'id::text, stream, revision, position';
    const query = `SELECT ${columns} FROM ${this.names.events} ORDER BY position DESC LIMIT ${limit}`;
    const events = await this.copy(query, readRecent);
    return events.reverse();
  }

  private copy<Row>(query: string, read: (row: CopyRow) => Row): Promise<Row[]> {
    return this.use((client) => copyRows(client, query, read));
  }

  private async use<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    let client: PoolClient | undefined;
    let failure: Error | undefined;
    try {
      client = await this.pool.connect();
      return await work(client);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      throw new ReadRefused(failure.message, { cause: failure });
    } finally {
      client?.release(failure);
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}
