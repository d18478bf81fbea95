/** Types that samples are made of; `at` (timestamptz) comes by itself. */
export type ColumnType = 'text' | 'integer' | 'bigint' | 'double precision' | 'boolean';

export interface SeriesSpec {
  /** Table name. The summary is `<name>_summary`. */
  readonly name: string;
  readonly columns: Readonly<Record<string, ColumnType>>;
  /** Columns that, with the time, tell one sample from another. */
  readonly key: readonly string[];
  /** Hours in one range (partition, chunk). */
  readonly rangeHours: number;
  readonly keepDays: number;
  /** Averages and greatest values of number columns per key and span of time, kept longer. */
  readonly summary?: { readonly everySeconds: number; readonly of: readonly string[]; readonly keepDays: number };
}

const NAME = /^[a-z][a-z0-9_]{0,39}$/;

/** Refuses names that would have to be quoted; they come from code, never from users. */
export function checkSpec(spec: SeriesSpec): void {
  const odd = [spec.name, ...Object.keys(spec.columns), ...spec.key].find((name) => !NAME.test(name));
  if (odd !== undefined) throw new Error(`"${odd}" cannot name a table or column`);
  const missing = [...spec.key, ...(spec.summary?.of ?? [])].find((column) => !(column in spec.columns));
  if (missing !== undefined) throw new Error(`${spec.name} has no column ${missing}`);
}

export const summaryOf = ({ name }: SeriesSpec): string => `${name}_summary`;
export const defaultRangeOf = ({ name }: SeriesSpec): string => `${name}_default`;

const definition = (spec: SeriesSpec): string => {
  const columns = Object.entries(spec.columns).map(
    ([name, type]) => `${name} ${type}${spec.key.includes(name) ? ' NOT NULL' : ''}`,
  );
  return [...columns, 'at timestamptz(3) NOT NULL', `PRIMARY KEY (${[...spec.key, 'at'].join(', ')})`].join(', ');
};

const summarised = (spec: SeriesSpec): readonly string[] =>
  (spec.summary?.of ?? []).flatMap((column) => [`avg(${column}) AS ${column}_avg`, `max(${column}) AS ${column}_max`]);

/** TimescaleDB: a hypertable that drops its old chunks by itself, and a continuous aggregate. */
export function timescaleSql(spec: SeriesSpec): readonly string[] {
  const { name, summary } = spec;
  const statements = [
    `CREATE TABLE IF NOT EXISTS ${name} (${definition(spec)})`,
    `SELECT create_hypertable('${name}', 'at', chunk_time_interval => interval '${spec.rangeHours} hours', if_not_exists => true)`,
    `SELECT add_retention_policy('${name}', drop_after => interval '${spec.keepDays} days', if_not_exists => true)`,
  ];
  if (!summary) return statements;
  const view = summaryOf(spec);
  const bucket = `time_bucket(interval '${summary.everySeconds} seconds', at)`;
  return [
    ...statements,
    `CREATE MATERIALIZED VIEW IF NOT EXISTS ${view} WITH (timescaledb.continuous) AS
      SELECT ${[...spec.key, `${bucket} AS at`, ...summarised(spec)].join(', ')}
      FROM ${name} GROUP BY ${[...spec.key, bucket].join(', ')} WITH NO DATA`,
    `SELECT add_continuous_aggregate_policy('${view}', start_offset => interval '${summary.everySeconds * 20} seconds',
      end_offset => interval '${summary.everySeconds} seconds',
      schedule_interval => interval '${summary.everySeconds} seconds', if_not_exists => true)`,
    `SELECT add_retention_policy('${view}', drop_after => interval '${summary.keepDays} days', if_not_exists => true)`,
  ];
}

/** PostgreSQL alone: ranges of time as partitions, made ahead and dropped by `maintain`, and an ordinary summary table. */
export function partitionSql(spec: SeriesSpec): readonly string[] {
  const { name, summary } = spec;
  const statements = [
    `CREATE TABLE IF NOT EXISTS ${name} (${definition(spec)}) PARTITION BY RANGE (at)`,
    `CREATE TABLE IF NOT EXISTS ${defaultRangeOf(spec)} PARTITION OF ${name} DEFAULT`,
  ];
  if (!summary) return statements;
  const keys = spec.key.map((column) => `${column} ${spec.columns[column] ?? 'text'} NOT NULL`);
  const values = summary.of.flatMap((column) => [`${column}_avg double precision`, `${column}_max double precision`]);
  const primary = `PRIMARY KEY (${[...spec.key, 'at'].join(', ')})`;
  return [
    ...statements,
    `CREATE TABLE IF NOT EXISTS ${summaryOf(spec)} (${[...keys, 'at timestamptz(3) NOT NULL', ...values, primary].join(', ')})`,
  ];
}

/** What a continuous aggregate does by itself: the spans since `$1` are summed up anew. */
export function summariseSql(spec: SeriesSpec): string {
  const { name, summary } = spec;
  const every = `interval '${summary?.everySeconds ?? 0} seconds'`;
  const span = `date_bin(${every}, at, timestamptz '2000-01-01T00:00:00Z')`;
  const values = (summary?.of ?? []).flatMap((column) => [`${column}_avg`, `${column}_max`]);
  return `INSERT INTO ${summaryOf(spec)} (${[...spec.key, 'at', ...values].join(', ')})
    SELECT ${[...spec.key, span, ...summarised(spec)].join(', ')} FROM ${name}
    WHERE at >= date_bin(${every}, $1::timestamptz, timestamptz '2000-01-01T00:00:00Z')
    GROUP BY ${[...spec.key, span].join(', ')}
    ON CONFLICT (${[...spec.key, 'at'].join(', ')}) DO UPDATE SET
      ${values.map((value) => `${value} = excluded.${value}`).join(', ')}`;
}

/** A partition: its name tells its start, its name's table where it ends. */
export interface Range {
  readonly table: string;
  readonly from: string;
  readonly to: string;
}

const HOUR_MS = 3_600_000;

/** The range that holds an instant, counted from 1970 so that everybody counts alike. */
export function rangeAt({ name, rangeHours }: SeriesSpec, millis: number): Range {
  const size = rangeHours * HOUR_MS;
  const start = Math.floor(millis / size) * size;
  const from = new Date(start).toISOString();
  return { table: `${name}_${from.slice(0, 13).replace(/\D/g, '')}`, from, to: new Date(start + size).toISOString() };
}

/** Makes a range, taking along what the default range already holds of it. */
export const makeRangeSql = (spec: SeriesSpec, { table, from, to }: Range): readonly string[] => [
  `CREATE TABLE ${table} (LIKE ${spec.name} INCLUDING ALL)`,
  `WITH moved AS (DELETE FROM ${defaultRangeOf(spec)} WHERE at >= '${from}' AND at < '${to}' RETURNING *)
    INSERT INTO ${table} SELECT * FROM moved`,
  `ALTER TABLE ${spec.name} ATTACH PARTITION ${table} FOR VALUES FROM ('${from}') TO ('${to}')`,
];
