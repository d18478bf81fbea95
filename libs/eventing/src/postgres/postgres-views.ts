import { SolyxError, type Clock } from '@solyx/kernel';
import type { Projection } from '../define-projection';
import type { EventLog } from '../event-log';
import { LruMap } from '../lru-map';
import { Views, type At, type ListQuery, type Page, type ViewHealth, type ViewVerification } from '../views';
import type { Database } from './database';
import { checkAt, checkQuery, encodeCursor, listSql, readPage, validAt, type Listed } from './list-query';
import { verifyView } from './verify-view';
import type { ViewProgress } from './view-progress';
import { NOTHING_YET, type ViewRegistry, type ViewState } from './view-registry';
import { VersionCache } from './version-cache';
import { tableOf } from './view-table';

const PAGES_KEPT = 64;
/** Where another process folds, its progress is looked up this often by those who wait. */
const POLL_MS = 15;
/** A view that stands still this long may have nothing more to fold: the log is asked. */
const STILL_MS = 60;
/** While a version is being built, readers look this often whether it is ready. */
const READABLE_FRESH_MS = 1_000;

export interface ViewsParts {
  readonly log: EventLog;
  readonly database: Database;
  readonly registry: ViewRegistry;
  readonly progress: ViewProgress;
  readonly clock: Clock;
  readonly projections: readonly Projection[];
}

/** Reads of the service's views in PostgreSQL, on every instance, whichever one folds. */
export class PostgresViews extends Views {
  private readonly versions = new VersionCache();
  private readonly pages = new LruMap<string, Page<unknown>>(PAGES_KEPT);
  private readonly tables = new Map<string, { readonly table: string; readonly until: number }>();

  constructor(private readonly parts: ViewsParts) {
    super();
  }

  override async get<Row>(projection: Projection<Row>, key: string, at?: At): Promise<Row | undefined> {
    if (at) checkAt(at);
    const table = await this.tableFor(projection);
    if (at) await this.refuseTrimmed(projection, at);
    const values: unknown[] = [key];
    const text = `SELECT row FROM ${table} WHERE key = $1 AND ${validAt(at, values)}`;
    const name = at ? `${table} get ${Object.keys(at)[0] ?? ''}` : `${table} get`;
    const [found] = await this.parts.database.query<{ row: string }>({ name, text }, values);
    return found ? (JSON.parse(found.row) as Row) : undefined;
  }

  override async list<Row>(projection: Projection<Row>, query: ListQuery<Row>): Promise<Page<Row>> {
    checkQuery(projection, query);
    const table = await this.tableFor(projection);
    if (query.at) await this.refuseTrimmed(projection, query.at);
    const { text, values } = listSql(table, query);
    // The name tells the shape of the text, which is all that a prepared statement depends on.
    const [found] = await this.parts.database.query<{ page: string | null }>(
      { name: shapeOf(table, query), text },
      values,
    );
    const page = found?.page ?? null;
    // The text names every row and its version: the same text is the same page.
    const name = `${table} ${query.first} ${page ?? ''}`;
    const known = this.pages.get(name);
    if (known) return known as Page<Row>;
    const listed = readPage(page);
    const made = await this.pageOf(table, listed, query.first);
    // Where a version was trimmed between the two statements, the page has a gap that must not be remembered.
    if (made.rows.length === Math.min(listed.length, query.first)) this.pages.set(name, made);
    return made as Page<Row>;
  }

  private async pageOf(table: string, listed: readonly Listed[], first: number): Promise<Page<unknown>> {
    const page = listed.slice(0, first);
    const rows = await this.versions.rowsOf(this.parts.database, table, page);
    const shown = page.flatMap(({ key, began }, index) => {
      const row = rows[index];
      return row === undefined ? [] : [Object.freeze({ key, cursor: encodeCursor(began, key), row })];
    });
    return Object.freeze({ rows: Object.freeze(shown), hasNext: listed.length > first });
  }

  override async waitFor(projection: Projection, position: bigint, timeoutMs: number): Promise<boolean> {
    const { registry, progress } = this.parts;
    const table = tableOf(projection);
    const until = performance.now() + timeoutMs;
    let asked = performance.now() + STILL_MS;
    await this.tableFor(projection);
    for (;;) {
      const here = progress.get(table);
      const reached = here ?? (await registry.state(projection)).position;
      if (reached >= position) return true;
      const left = until - performance.now();
      if (left <= 0) return false;
      if (performance.now() > asked) {
        asked = performance.now() + STILL_MS;
        if (!(await this.hasMore(projection, reached, position))) return true;
      }
      await progress.next(Math.min(left, here === undefined ? POLL_MS : STILL_MS));
    }
  }

  override async health(): Promise<readonly ViewHealth[]> {
    // Views that stand at the same place wait for the same event: it is looked for once.
    const asked = new Map<string, Promise<number>>();
    const lagOf = (projection: Projection, position: bigint): Promise<number> => {
      const key = `${position} ${projection.prefixes.join()}`;
      const lag = asked.get(key) ?? this.lagOf(projection, position);
      asked.set(key, lag);
      return lag;
    };
    const { projections, registry } = this.parts;
    await Promise.all(projections.map((projection) => this.tableFor(projection)));
    const states = await registry.states(projections);
    return Promise.all(projections.map((projection) => this.healthOf(projection, states, lagOf)));
  }

  override async verify(projection: Projection): Promise<ViewVerification> {
    await this.tableFor(projection);
    return verifyView(this.parts, projection);
  }

  private async healthOf(
    projection: Projection,
    states: ReadonlyMap<string, ViewState>,
    lagOf: (projection: Projection, position: bigint) => Promise<number>,
  ): Promise<ViewHealth> {
    const { progress } = this.parts;
    const { name: view, version } = projection;
    const { position: saved, rows, fault } = states.get(`${view} ${version}`) ?? NOTHING_YET;
    const here = progress.get(tableOf(projection)) ?? -1n;
    const position = here > saved ? here : saved;
    const lagSeconds = await lagOf(projection, position);
    return { view, version, position, rows, lagSeconds, ...(fault === undefined ? {} : { fault }) };
  }

  /** Seconds since the event that comes next after a position; 0 where there is none. */
  private async lagOf({ prefixes }: Projection, position: bigint): Promise<number> {
    const { log, clock } = this.parts;
    let lagSeconds = 0;
    for await (const next of log.readAll({ ...afterOf(position), prefixes, limit: 1 })) {
      lagSeconds = Math.max(0, (clock.now() - Date.parse(next.recordedAt)) / 1_000);
    }
    return lagSeconds;
  }

  /** Is there anything to fold after `from`, up to `to`? */
  private async hasMore(projection: Projection, from: bigint, to: bigint): Promise<boolean> {
    const { log } = this.parts;
    const options = { ...afterOf(from), until: to, prefixes: projection.prefixes, limit: 1 };
    for await (const _event of log.readAll(options)) return true;
    return false;
  }

  /** The table to read: this version's once it is built, the former one's until then. */
  private async tableFor(projection: Projection): Promise<string> {
    const wanted = tableOf(projection);
    const known = this.tables.get(wanted);
    if (known && known.until > performance.now()) return known.table;
    await this.parts.registry.ensure(projection);
    const version = await this.parts.registry.readable(projection);
    const table = tableOf({ name: projection.name, version });
    const until = table === wanted ? Number.POSITIVE_INFINITY : performance.now() + READABLE_FRESH_MS;
    this.tables.set(wanted, { table, until });
    return table;
  }

  /** The past is kept for a while only, where the service says so: beyond that there is no honest answer. */
  private async refuseTrimmed(projection: Projection, at: At): Promise<void> {
    const { trimmedTo } = await this.parts.registry.state(projection);
    if (trimmedTo < 0n) return;
    const table = tableOf(projection);
    const past = 'position' in at ? at.position < trimmedTo : await this.isBefore(table, at.time, trimmedTo);
    if (!past) return;
    throw new SolyxError('FailedPrecondition', `${projection.name} no longer keeps what it was then`, {
      keptFrom: String(trimmedTo),
    });
  }

  private async isBefore(table: string, time: string, position: bigint): Promise<boolean> {
    const [found] = await this.parts.database.query<{ before: boolean }>(
      `SELECT coalesce($1::timestamptz < min(valid_from_time), false) AS before FROM ${table}
       WHERE valid_from_position >= $2`,
      [time, String(position)],
    );
    return found?.before ?? false;
  }
}

const afterOf = (position: bigint): { readonly after?: bigint } => (position < 0n ? {} : { after: position });

function shapeOf<Row>(table: string, query: ListQuery<Row>): string {
  const at = query.at ? Object.keys(query.at)[0] : '';
  const where = Object.entries(query.where ?? {}).map(([field, value]) => (value === undefined ? `!${field}` : field));
  const parts = [
    query.order ?? 'newest',
    at,
    query.organizationId === undefined ? '' : 'org',
    query.after ? 'after' : '',
  ];
  return `${table} list ${parts.join(' ')} ${where.join(' ')}`;
}
