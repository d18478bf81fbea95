import type { Projection } from '../define-projection';
import type { Database, Querier } from './database';
import { createTableSql, tableOf } from './view-table';

const TABLES_LOCK = 7_305_915;

/** How far one version of a view has come. */
export interface ViewState {
  readonly position: bigint;
  /** Time of the last event folded, as the view counts time. */
  readonly newest: string | undefined;
  readonly rows: number;
  /** It once caught up with the log, so that readers may use it. */
  readonly built: boolean;
  /** Versions that ended up to here are kept no more. */
  readonly trimmedTo: bigint;
  readonly epoch: bigint;
  readonly fault: string | undefined;
}

/** One step of one view, saved with its rows. */
export interface ViewStep {
  readonly projection: Projection;
  readonly previous: bigint;
  readonly position: bigint;
  readonly newest: string | undefined;
  readonly events: number;
  readonly rowsAdded: number;
}

/** Another runner moved the view: what was folded here is void. */
export class ViewFenced extends Error {
  override readonly name = 'ViewFenced';
}

interface StoredState {
  readonly position: string;
  readonly newest: Date | null;
  readonly rows: string;
  readonly built: boolean;
  readonly trimmed_to: string;
  readonly epoch: string;
  readonly fault: string | null;
}

export const NOTHING_YET: ViewState = {
  position: -1n,
  newest: undefined,
  rows: 0,
  built: false,
  trimmedTo: -1n,
  epoch: 0n,
  fault: undefined,
};

const toState = (found: StoredState): ViewState => ({
  position: BigInt(found.position),
  newest: found.newest?.toISOString(),
  rows: Number(found.rows),
  built: found.built,
  trimmedTo: BigInt(found.trimmed_to),
  epoch: BigInt(found.epoch),
  fault: found.fault ?? undefined,
});

const STATE = 'position, newest, rows, built, trimmed_to, epoch, fault';

/** The table `view`: which versions of which views exist, how far each is, and which one readers use. */
export class ViewRegistry {
  private readonly ensured = new Map<string, Promise<void>>();

  constructor(private readonly database: Database) {}

  /** Makes the table of this version, once; many may ask at the same time. */
  ensure(projection: Projection): Promise<void> {
    const table = tableOf(projection);
    let making = this.ensured.get(table);
    if (!making) {
      making = this.create(projection).catch((error: unknown) => {
        this.ensured.delete(table);
        throw error;
      });
      this.ensured.set(table, making);
    }
    return making;
  }

  private async create(projection: Projection): Promise<void> {
    const { name, version } = projection;
    const known = await this.database.query('SELECT 1 FROM view WHERE name = $1 AND version = $2', [name, version]);
    // What a version is like never changes: other indexes are another version.
    if (known.length > 0) return;
    await this.database.transaction(async (connection) => {
      await connection.query('SELECT pg_advisory_xact_lock($1, hashtext(current_schema()))', [TABLES_LOCK]);
      await connection.query(createTableSql(projection));
      // The first version of a view has nothing beside it that readers could use meanwhile.
      await connection.query(
        `INSERT INTO view (name, version, built)
         SELECT $1, $2, NOT EXISTS (SELECT 1 FROM view WHERE name = $1) ON CONFLICT DO NOTHING`,
        [name, version],
      );
    });
  }

  async state({ name, version }: Projection, connection: Querier = this.database): Promise<ViewState> {
    const [found] = await connection.query<StoredState>(`SELECT ${STATE} FROM view WHERE name = $1 AND version = $2`, [
      name,
      version,
    ]);
    return found ? toState(found) : NOTHING_YET;
  }

  /** As `state`, of many views in one look, by `<name> <version>`. */
  async states(projections: readonly Projection[]): Promise<ReadonlyMap<string, ViewState>> {
    const found = await this.database.query<StoredState & { name: string; version: number }>(
      `SELECT name, version, ${STATE} FROM view WHERE name = ANY($1)`,
      [projections.map(({ name }) => name)],
    );
    return new Map(found.map((row) => [`${row.name} ${row.version}`, toState(row)]));
  }

  /** The version that readers use: the one asked for once it is built, else the newest that is. */
  async readable({ name, version }: Projection): Promise<number> {
    const rows = await this.database.query<{ version: number }>(
      `SELECT version FROM view WHERE name = $1 AND built ORDER BY (version = $2) DESC, version DESC LIMIT 1`,
      [name, version],
    );
    return rows[0]?.version ?? version;
  }

  /** From now on only this epoch, or a later one, moves the view. */
  async claim({ name, version }: Projection, epoch: bigint): Promise<void> {
    const claimed = await this.database.query(
      `UPDATE view SET epoch = $3, fault = NULL, retired_at = NULL
       WHERE name = $1 AND version = $2 AND epoch <= $3 RETURNING 1`,
      [name, version, epoch],
    );
    if (claimed.length === 0) throw new ViewFenced(`${name} belongs to a later leader than epoch ${epoch}`);
  }

  /** Saves the steps, or throws ViewFenced where any view is not where it was left. */
  async advance(connection: Querier, steps: readonly ViewStep[], epoch: bigint): Promise<void> {
    const moved = await connection.query(
      {
        name: 'view advance',
        text: `UPDATE view v SET position = u.position, newest = u.newest, events = v.events + u.events,
            rows = v.rows + u.rows
          FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::bigint[], $7::bigint[])
            AS u(name, version, previous, position, newest, events, rows)
          WHERE v.name = u.name AND v.version = u.version AND v.position = u.previous AND v.epoch = $8
          RETURNING 1`,
      },
      [
        steps.map(({ projection }) => projection.name),
        steps.map(({ projection }) => projection.version),
        steps.map(({ previous }) => String(previous)),
        steps.map(({ position }) => String(position)),
        steps.map(({ newest }) => newest ?? null),
        steps.map(({ events }) => events),
        steps.map(({ rowsAdded }) => rowsAdded),
        String(epoch),
      ],
    );
    if (moved.length !== steps.length) {
      throw new ViewFenced(`${steps.map(({ projection }) => projection.name).join(', ')}: moved by another runner`);
    }
  }

  async markFault({ name, version }: Projection, fault: string): Promise<void> {
    await this.database.query('UPDATE view SET fault = $3 WHERE name = $1 AND version = $2', [
      name,
      version,
      fault.slice(0, 1_024),
    ]);
  }

  /** Readers use this version from now on; the others are kept for a while, in case the code goes back. */
  async switchTo({ name, version }: Projection): Promise<void> {
    await this.database.transaction(async (connection) => {
      await connection.query('UPDATE view SET built = true, retired_at = NULL WHERE name = $1 AND version = $2', [
        name,
        version,
      ]);
      await connection.query(
        'UPDATE view SET retired_at = coalesce(retired_at, now()) WHERE name = $1 AND version <> $2',
        [name, version],
      );
    });
  }

  /** Drops versions that nobody has used for so long. Returns the tables dropped. */
  async dropRetired(forSeconds: number): Promise<readonly string[]> {
    const old = await this.database.query<{ name: string; version: number }>(
      'SELECT name, version FROM view WHERE retired_at < now() - make_interval(secs => $1)',
      [forSeconds],
    );
    for (const view of old) {
      await this.database.query(`DROP TABLE IF EXISTS ${tableOf(view)}`);
      await this.database.query('DELETE FROM view WHERE name = $1 AND version = $2', [view.name, view.version]);
      this.ensured.delete(tableOf(view));
    }
    return old.map((view) => tableOf(view));
  }

  /** Deletes past versions that ended longer ago than this, some at a time; how many went. */
  async trim(projection: Projection, keepSeconds: number, atMost = 5_000): Promise<number> {
    const table = tableOf(projection);
    return this.database.transaction(async (connection) => {
      const gone = await connection.query<{ valid_to_position: string }>(
        `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM ${table} WHERE valid_to_time < now() - make_interval(secs => $1) LIMIT $2))
         RETURNING valid_to_position`,
        [keepSeconds, atMost],
      );
      const newest = gone.reduce(
        (most, row) => (BigInt(row.valid_to_position) > most ? BigInt(row.valid_to_position) : most),
        -1n,
      );
      const { name, version } = projection;
      await connection.query('UPDATE view SET trimmed_to = greatest(trimmed_to, $3) WHERE name = $1 AND version = $2', [
        name,
        version,
        String(newest),
      ]);
      return gone.length;
    });
  }
}
