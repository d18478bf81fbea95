import { createHash } from 'node:crypto';
import { canonicalJson } from '@solyx/kernel';
import type { Projection } from '../define-projection';
import type { Querier } from './database';

/** Longest key and longest index value that are kept as they are; PostgreSQL indexes no more than about 2,700 bytes. */
export const KEY_LENGTH_MAX = 512;
const INDEXED_LENGTH_MAX = 512;

/** A row as one event left it. */
export interface RowVersion {
  readonly key: string;
  readonly organizationId: string;
  /** Position of the event that began the row, and of the one that made this version. */
  readonly began: bigint;
  readonly from: bigint;
  /** ISO 8601 UTC; never goes back within a view, although clocks do. */
  readonly fromTime: string;
  readonly row: unknown;
  /** The row as JSON, as it is stored. */
  readonly json: string;
}

/** A version, and when another took its place. */
export interface ClosedVersion extends RowVersion {
  readonly to: bigint;
  readonly toTime: string;
}

/** What one batch does to one view. */
export interface ViewChanges {
  /** Rows of the table that are current no longer. */
  readonly ended: readonly { readonly key: string; readonly to: bigint; readonly toTime: string }[];
  /** Versions that came and went within the batch. */
  readonly passed: readonly ClosedVersion[];
  readonly current: readonly RowVersion[];
}

const NAME = /^[a-z][a-z0-9_]{0,48}$/;
const FIELD = /^[A-Za-z][A-Za-z0-9]{0,40}$/;

export function tableOf({ name, version }: Pick<Projection, 'name' | 'version'>): string {
  if (!NAME.test(name)) throw new Error(`"${name}" cannot name a view: lower case letters, digits, underscores`);
  return `${name}_v${version}`;
}

/** Quoted, because fields are in camel case. */
export function columnOf(field: string): string {
  if (!FIELD.test(field)) throw new Error(`"${field}" cannot be indexed: letters and digits`);
  return `"f_${field}"`;
}

/** What an indexed field is compared by: its canonical JSON, or a hash where that is long. Null where it is missing. */
export function indexValue(value: unknown): string | null {
  if (value === undefined) return null;
  const text = canonicalJson(value);
  return text.length <= INDEXED_LENGTH_MAX ? text : `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** The table of one version of a projection, with its indexes. Text is compared by bytes, everywhere alike. */
export function createTableSql(projection: Projection): string {
  const table = tableOf(projection);
  const fields = projection.indexes.map((field) => columnOf(field));
  const current = 'WHERE valid_to_position IS NULL';
  return [
    `CREATE TABLE IF NOT EXISTS ${table} (
      key text COLLATE "C" NOT NULL,
      organization_id text COLLATE "C" NOT NULL,
      began_position bigint NOT NULL,
      valid_from_position bigint NOT NULL,
      valid_to_position bigint,
      valid_from_time timestamptz(3) NOT NULL,
      valid_to_time timestamptz(3),
      row text NOT NULL,
      ${fields.map((field) => `${field} text COLLATE "C",`).join('\n      ')}
      PRIMARY KEY (key, valid_from_position)
    ) WITH (autovacuum_vacuum_scale_factor = 0.05)`,
    `CREATE UNIQUE INDEX IF NOT EXISTS ${table}_now ON ${table} (key) ${current}`,
    `CREATE INDEX IF NOT EXISTS ${table}_org ON ${table} (organization_id, began_position, key) ${current}`,
    `CREATE INDEX IF NOT EXISTS ${table}_began ON ${table} (began_position, key)`,
    ...fields.map(
      (field, index) => `CREATE INDEX IF NOT EXISTS ${table}_f${index} ON ${table}
        (organization_id, ${field}, began_position, key) ${current}`,
    ),
  ].join(';\n');
}

/** Writes one batch; the statements are prepared once per connection. */
export async function writeChanges(connection: Querier, projection: Projection, changes: ViewChanges): Promise<void> {
  const table = tableOf(projection);
  const { ended, passed, current } = changes;
  if (ended.length > 0) {
    const text = `UPDATE ${table} SET valid_to_position = u.at, valid_to_time = u.time
      FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS u(key, at, time)
      WHERE ${table}.key = u.key AND valid_to_position IS NULL`;
    const values = [ended.map(({ key }) => key), ended.map(({ to }) => String(to)), ended.map(({ toTime }) => toTime)];
    await connection.query({ name: `${table} end`, text }, values);
  }
  const versions: readonly (RowVersion | ClosedVersion)[] = [...passed, ...current];
  if (versions.length > 0) await insert(connection, projection, versions);
}

async function insert(
  connection: Querier,
  projection: Projection,
  versions: readonly (RowVersion | ClosedVersion)[],
): Promise<void> {
  const table = tableOf(projection);
  const fields = projection.indexes;
  const columns = ['key', 'organization_id', 'began_position', 'valid_from_position', 'valid_to_position'];
  const more = ['valid_from_time', 'valid_to_time', 'row', ...fields.map((field) => columnOf(field))];
  const types = ['text', 'text', 'bigint', 'bigint', 'bigint', 'timestamptz', 'timestamptz', 'text'];
  const arrays = [...types, ...fields.map(() => 'text')].map((type, index) => `$${index + 1}::${type}[]`);
  const text = `INSERT INTO ${table} (${[...columns, ...more].join(', ')}) SELECT * FROM unnest(${arrays.join(', ')})`;
  const values = [
    versions.map(({ key }) => key),
    versions.map(({ organizationId }) => organizationId),
    versions.map(({ began }) => String(began)),
    versions.map(({ from }) => String(from)),
    versions.map((version) => ('to' in version ? String(version.to) : null)),
    versions.map(({ fromTime }) => fromTime),
    versions.map((version) => ('to' in version ? version.toTime : null)),
    versions.map(({ json }) => json),
    ...fields.map((field) => versions.map(({ row }) => indexValue((row as Record<string, unknown>)[field]))),
  ];
  await connection.query({ name: `${table} insert`, text }, values);
}

interface StoredRow {
  readonly key: string;
  readonly organization_id: string;
  readonly began_position: string;
  readonly valid_from_position: string;
  readonly valid_from_time: Date;
  readonly row: string;
}

const toVersion = (stored: StoredRow): RowVersion => ({
  key: stored.key,
  organizationId: stored.organization_id,
  began: BigInt(stored.began_position),
  from: BigInt(stored.valid_from_position),
  fromTime: stored.valid_from_time.toISOString(),
  row: JSON.parse(stored.row) as unknown,
  json: stored.row,
});

const STORED = 'key, organization_id, began_position, valid_from_position, valid_from_time, row';

/** The current rows of these keys. */
export async function loadRows(
  connection: Querier,
  projection: Pick<Projection, 'name' | 'version'>,
  keys: readonly string[],
): Promise<readonly RowVersion[]> {
  const table = tableOf(projection);
  const text = `SELECT ${STORED} FROM ${table} WHERE key = ANY($1) AND valid_to_position IS NULL`;
  return (await connection.query<StoredRow>({ name: `${table} load`, text }, [keys])).map(toVersion);
}

/** All current rows in the order of their keys, a page at a time. */
export async function* scanRows(
  connection: Querier,
  projection: Pick<Projection, 'name' | 'version'>,
  pageSize = 1_000,
): AsyncGenerator<RowVersion> {
  const table = tableOf(projection);
  let after = '';
  for (;;) {
    const rows = await connection.query<StoredRow>(
      `SELECT ${STORED} FROM ${table} WHERE key > $1 AND valid_to_position IS NULL ORDER BY key LIMIT $2`,
      [after, pageSize],
    );
    for (const row of rows) yield toVersion(row);
    const last = rows[rows.length - 1];
    if (!last || rows.length < pageSize) return;
    after = last.key;
  }
}
