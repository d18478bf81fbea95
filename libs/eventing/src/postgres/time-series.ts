import { SolyxError, type Clock } from '@solyx/kernel';
import type { Database, Querier } from './database';
import {
  checkSpec,
  defaultRangeOf,
  makeRangeSql,
  partitionSql,
  rangeAt,
  summariseSql,
  summaryOf,
  timescaleSql,
  type SeriesSpec,
} from './series-sql';

export const SAMPLES_PER_WRITE_MAX = 10_000;
export const SAMPLES_PER_READ_MAX = 10_000;
const RANGES_AHEAD = 2;
const SERIES_LOCK = 7_305_916;
const DAY_MS = 86_400_000;
/** Summaries are made anew for this many spans: late samples still count. */
const SPANS_ANEW = 20;

export type Sample = Readonly<Record<string, string | number | boolean | null>> & {
  /** ISO 8601 UTC. */
  readonly at: string;
};

export interface SampleQuery {
  /** Equality. */
  readonly where?: Readonly<Record<string, string | number | boolean>>;
  /** Inclusive. */
  readonly from: string;
  /** Exclusive. */
  readonly to: string;
  /** 1–10,000; the newest ones. */
  readonly first: number;
  /** Averages and greatest values per span instead of the samples themselves. */
  readonly summary?: boolean;
}

/**
 * Samples over time, in bulk: TimescaleDB where the database has it, else native partitions with the same table, keys and
 * queries. Call `maintain` about once a minute (`@OnTick`): it does what TimescaleDB would do by itself.
 */
export class TimeSeries {
  private preparing: Promise<'timescaledb' | 'partitions'> | undefined;

  constructor(
    private readonly database: Database,
    private readonly spec: SeriesSpec,
    private readonly clock: Clock,
  ) {
    checkSpec(spec);
  }

  /** Makes what is missing, once; which of the two kinds this database has. */
  ready(): Promise<'timescaledb' | 'partitions'> {
    this.preparing ??= this.prepare().catch((error: unknown) => {
      this.preparing = undefined;
      throw error;
    });
    return this.preparing;
  }

  /** How many were new: a sample that comes twice counts once. */
  async write(samples: readonly Sample[]): Promise<number> {
    if (samples.length > SAMPLES_PER_WRITE_MAX) {
      throw new SolyxError('InvalidArgument', `at most ${SAMPLES_PER_WRITE_MAX} samples at once`, {
        given: samples.length,
      });
    }
    if (samples.length === 0) return 0;
    await this.ready();
    const columns = [...Object.entries(this.spec.columns), ['at', 'timestamptz'] as const];
    const arrays = columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ');
    const text = `INSERT INTO ${this.spec.name} (${columns.map(([name]) => name).join(', ')})
      SELECT * FROM unnest(${arrays}) ON CONFLICT DO NOTHING RETURNING 1`;
    const values = columns.map(([name]) => samples.map((sample) => sample[name] ?? null));
    return (await this.database.query({ name: `${this.spec.name} write`, text }, values)).length;
  }

  /** Newest first. */
  async query(query: SampleQuery): Promise<readonly Sample[]> {
    if (!Number.isInteger(query.first) || query.first < 1 || query.first > SAMPLES_PER_READ_MAX) {
      throw new SolyxError('InvalidArgument', `first must be from 1 to ${SAMPLES_PER_READ_MAX}`, {
        first: query.first,
      });
    }
    await this.ready();
    const values: unknown[] = [query.from, query.to];
    const conditions = Object.entries(query.where ?? {}).map(([column, value]) => {
      if (!(column in this.spec.columns)) {
        throw new SolyxError('InvalidArgument', `${this.spec.name} has no column ${column}`, { column });
      }
      return `${column} = $${values.push(value)}`;
    });
    const table = query.summary ? summaryOf(this.spec) : this.spec.name;
    const where = ['at >= $1::timestamptz', 'at < $2::timestamptz', ...conditions].join(' AND ');
    const text = `SELECT * FROM ${table} WHERE ${where} ORDER BY at DESC LIMIT $${values.push(query.first)}`;
    const rows = await this.database.query<Record<string, unknown> & { at: Date }>(text, values);
    return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
  }

  /** Ranges ahead, old ranges gone, summaries up to date. Nothing to do where TimescaleDB does it. */
  async maintain(): Promise<void> {
    if ((await this.ready()) === 'timescaledb') return;
    await this.database.transaction(async (connection) => {
      await this.lock(connection);
      await this.makeRanges(connection);
      await this.dropOld(connection);
    });
    const { summary } = this.spec;
    if (!summary) return;
    const since = new Date(this.clock.now() - SPANS_ANEW * summary.everySeconds * 1_000).toISOString();
    await this.database.query(summariseSql(this.spec), [since]);
    const oldest = new Date(this.clock.now() - summary.keepDays * DAY_MS).toISOString();
    await this.database.query(`DELETE FROM ${summaryOf(this.spec)} WHERE at < $1`, [oldest]);
  }

  private async prepare(): Promise<'timescaledb' | 'partitions'> {
    const installed = await this.database.query("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'");
    const kind = installed.length > 0 ? 'timescaledb' : 'partitions';
    await this.database.transaction(async (connection) => {
      await this.lock(connection);
      const statements = kind === 'timescaledb' ? timescaleSql(this.spec) : partitionSql(this.spec);
      for (const statement of statements) await connection.query(statement);
      if (kind === 'partitions') await this.makeRanges(connection);
    });
    return kind;
  }

  private async lock(connection: Querier): Promise<void> {
    await connection.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [SERIES_LOCK, this.spec.name]);
  }

  private async makeRanges(connection: Querier): Promise<void> {
    const known = new Set(await this.ranges(connection));
    for (let ahead = 0; ahead <= RANGES_AHEAD; ahead += 1) {
      const range = rangeAt(this.spec, this.clock.now() + ahead * this.spec.rangeHours * 3_600_000);
      if (known.has(range.table)) continue;
      for (const statement of makeRangeSql(this.spec, range)) await connection.query(statement);
    }
  }

  /** Whole ranges go at once; what strayed into the default range goes by itself. */
  private async dropOld(connection: Querier): Promise<void> {
    const oldest = this.clock.now() - this.spec.keepDays * DAY_MS;
    const first = rangeAt(this.spec, oldest).table;
    for (const table of await this.ranges(connection)) {
      if (table < first) await connection.query(`DROP TABLE ${table}`);
    }
    const text = `DELETE FROM ${defaultRangeOf(this.spec)} WHERE at < $1`;
    await connection.query(text, [new Date(oldest).toISOString()]);
  }

  /** Their names, which sort as their times do. */
  private async ranges(connection: Querier): Promise<readonly string[]> {
    const rows = await connection.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = $1::regclass AND c.relname <> $2 ORDER BY 1`,
      [this.spec.name, defaultRangeOf(this.spec)],
    );
    return rows.map(({ name }) => name);
  }
}

/** What agents measure of each GPU. */
export const GPU_SAMPLES: SeriesSpec = {
  name: 'gpu_sample',
  columns: {
    node_id: 'text',
    gpu_index: 'integer',
    utilization_percent: 'double precision',
    memory_used_mib: 'double precision',
    temperature_c: 'double precision',
    power_w: 'double precision',
    simulated: 'boolean',
  },
  key: ['node_id', 'gpu_index'],
  rangeHours: 24,
  keepDays: 30,
  summary: { everySeconds: 300, of: ['utilization_percent', 'memory_used_mib', 'power_w'], keepDays: 400 },
};

/** What agents measure of each machine. */
export const NODE_SAMPLES: SeriesSpec = {
  name: 'node_sample',
  columns: {
    node_id: 'text',
    cpu_percent: 'double precision',
    memory_used_mib: 'double precision',
    memory_total_mib: 'double precision',
    simulated: 'boolean',
  },
  key: ['node_id'],
  rangeHours: 24,
  keepDays: 30,
  summary: { everySeconds: 300, of: ['cpu_percent', 'memory_used_mib'], keepDays: 400 },
};
