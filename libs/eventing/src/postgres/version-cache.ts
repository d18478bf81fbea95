import { LruMap } from '../lru-map';
import type { Querier } from './database';
import type { Listed } from './list-query';

const VERSIONS_MAX = 2_000;

/**
 * Rows by version. A version never changes once it is written, so what was parsed once need not be read again: lists of
 * rows that did not change cost neither bytes nor parsing. Rows are shared, hence frozen.
 */
export class VersionCache {
  private readonly rows = new LruMap<string, object>(VERSIONS_MAX);

  /** The rows of a page, in its order; undefined where a version is gone since the page was read. */
  async rowsOf(connection: Querier, table: string, page: readonly Listed[]): Promise<readonly (object | undefined)[]> {
    const rows = page.map((listed) => this.rows.get(nameOf(table, listed)));
    const missing = page.filter((_listed, index) => rows[index] === undefined);
    if (missing.length === 0) return rows;
    const fetched = await this.fetch(connection, table, missing);
    return page.map((listed, index) => rows[index] ?? fetched.get(nameOf(table, listed)));
  }

  private async fetch(
    connection: Querier,
    table: string,
    missing: readonly Listed[],
  ): Promise<ReadonlyMap<string, object>> {
    const text = `SELECT t.key, t.valid_from_position AS from, t.row FROM ${table} t
      JOIN unnest($1::text[], $2::bigint[]) AS u(key, at) ON t.key = u.key AND t.valid_from_position = u.at`;
    const values = [missing.map(({ key }) => key), missing.map(({ from }) => from)];
    const found = await connection.query<{ key: string; from: string; row: string }>(
      { name: `${table} versions`, text },
      values,
    );
    const fetched = new Map<string, object>();
    for (const { key, from, row } of found) {
      const parsed = freeze(JSON.parse(row) as object);
      fetched.set(nameOf(table, { key, from }), parsed);
      this.rows.set(nameOf(table, { key, from }), parsed);
    }
    return fetched;
  }
}

const nameOf = (table: string, { key, from }: Pick<Listed, 'key' | 'from'>): string => `${table} ${from} ${key}`;

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}
