import { createHash, type Hash } from 'node:crypto';
import { canonicalJson, type Recorded } from '@solyx/kernel';
import type { Projection } from '../define-projection';
import type { EventLog } from '../event-log';
import type { ViewVerification } from '../views';
import type { Database, Querier } from './database';
import { BatchFold, keysOf } from './fold-batch';
import { RowCache } from './row-cache';
import type { ViewRegistry } from './view-registry';
import { scanRows, type RowVersion } from './view-table';

const BATCH = 2_000;
const CACHED_ROWS_MAX = 20_000;
/** One moment for everything that is read; the events come from elsewhere and may take their time. */
const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL idle_in_transaction_session_timeout = 0';
const SCRATCH = 'view_rebuilt';

/** SHA3-256 over rows in the order of their keys: a line of canonical JSON each, whatever the spelling in the table. */
export class RowsHash {
  private readonly hash: Hash = createHash('sha3-256');
  rows = 0;

  add({ key, organizationId, began, from, fromTime, row }: Omit<RowVersion, 'json'>): void {
    this.rows += 1;
    this.hash.update(`${canonicalJson([key, organizationId, String(began), String(from), fromTime, row])}\n`);
  }

  digest(): string {
    return this.hash.digest('hex');
  }
}

export interface VerifyParts {
  readonly log: EventLog;
  readonly database: Database;
  readonly registry: ViewRegistry;
}

/**
 * Folds the log again from event 0 up to where the live view is, into a table that only this transaction sees, and
 * compares. Memory stays bounded however long the log is; a row that was changed by hand shows.
 */
export function verifyView(
  { log, database, registry }: VerifyParts,
  projection: Projection,
): Promise<ViewVerification> {
  return database.transaction(async (connection) => {
    const { position } = await registry.state(projection, connection);
    const live = new RowsHash();
    for await (const row of scanRows(connection, projection)) live.add(row);
    const scratch = await Scratch.create(connection, projection);
    if (position >= 0n) {
      for await (const event of log.readAll({ until: position, prefixes: projection.prefixes }))
        await scratch.add(event);
    }
    const rebuilt = await scratch.finish();
    const hashes = { liveHash: live.digest(), rebuiltHash: rebuilt.digest() };
    return { view: projection.name, position, events: scratch.events, rows: live.rows, ...hashes };
  }, BEGIN);
}

/** The rebuilt rows: a temporary table with a bounded cache before it. */
class Scratch {
  events = 0;
  private batch: Recorded[] = [];
  private newest: string | undefined;
  private readonly cache = new RowCache(CACHED_ROWS_MAX, true);

  private constructor(
    private readonly connection: Querier,
    private readonly projection: Projection,
  ) {}

  static async create(connection: Querier, projection: Projection): Promise<Scratch> {
    await connection.query(`CREATE TEMPORARY TABLE ${SCRATCH} (
      key text COLLATE "C" PRIMARY KEY, organization_id text, began_position bigint, valid_from_position bigint,
      valid_from_time text, row text) ON COMMIT DROP`);
    return new Scratch(connection, projection);
  }

  async add(event: Recorded): Promise<void> {
    if (keysOf(this.projection, event).length === 0) return;
    this.batch.push(event);
    if (this.batch.length >= BATCH) await this.flush();
  }

  async finish(): Promise<RowsHash> {
    await this.flush();
    const hash = new RowsHash();
    let after = '';
    for (;;) {
      const rows = await this.read('WHERE key > $1 ORDER BY key LIMIT 1000', [after]);
      for (const row of rows) hash.add(row);
      const last = rows[rows.length - 1];
      if (!last) return hash;
      after = last.key;
    }
  }

  private async flush(): Promise<void> {
    const events = this.batch;
    this.batch = [];
    if (events.length === 0) return;
    const rows = await this.rowsFor(events);
    const fold = new BatchFold(this.projection, (key) => rows.get(key), this.newest);
    for (const event of events) fold.apply(event);
    this.newest = fold.newest;
    this.events += fold.events;
    await this.write([...fold.entries()]);
    for (const [key, row] of fold.entries()) this.cache.set(key, row);
  }

  private async rowsFor(events: readonly Recorded[]): Promise<ReadonlyMap<string, RowVersion>> {
    const rows = new Map<string, RowVersion>();
    const unknown = new Set<string>();
    for (const key of events.flatMap((event) => keysOf(this.projection, event))) {
      const row = this.cache.get(key);
      if (row === 'unknown') unknown.add(key);
      else if (row) rows.set(key, row);
    }
    if (unknown.size === 0) return rows;
    for (const row of await this.read('WHERE key = ANY($1)', [[...unknown]])) rows.set(row.key, row);
    return rows;
  }

  private async read(where: string, values: readonly unknown[]): Promise<readonly RowVersion[]> {
    const found = await this.connection.query<{
      key: string;
      organization_id: string;
      began_position: string;
      valid_from_position: string;
      valid_from_time: string;
      row: string;
    }>(`SELECT * FROM ${SCRATCH} ${where}`, values);
    return found.map((stored) => ({
      key: stored.key,
      organizationId: stored.organization_id,
      began: BigInt(stored.began_position),
      from: BigInt(stored.valid_from_position),
      fromTime: stored.valid_from_time,
      row: JSON.parse(stored.row) as unknown,
      json: stored.row,
    }));
  }

  private async write(entries: readonly (readonly [string, RowVersion | undefined])[]): Promise<void> {
    const gone = entries.filter(([, row]) => row === undefined).map(([key]) => key);
    const rows = entries.map(([, row]) => row).filter((row) => row !== undefined);
    if (gone.length > 0) await this.connection.query(`DELETE FROM ${SCRATCH} WHERE key = ANY($1)`, [gone]);
    await this.connection.query(
      `INSERT INTO ${SCRATCH} SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[])
       ON CONFLICT (key) DO UPDATE SET organization_id = excluded.organization_id,
         began_position = excluded.began_position, valid_from_position = excluded.valid_from_position,
         valid_from_time = excluded.valid_from_time, row = excluded.row`,
      [
        rows.map(({ key }) => key),
        rows.map(({ organizationId }) => organizationId),
        rows.map(({ began }) => String(began)),
        rows.map(({ from }) => String(from)),
        rows.map(({ fromTime }) => fromTime),
        rows.map(({ json }) => json),
      ],
    );
  }
}
