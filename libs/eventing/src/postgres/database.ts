import { Logger } from '@nestjs/common';
import { SolyxError } from '@solyx/kernel';
import type { Pool, PoolClient, QueryResultRow } from 'pg';
import { DataSource, type MigrationInterface } from 'typeorm';
import { sleep } from '../backoff';
import type { EventingOptions } from '../ports';
import { CoreTables1700000000000 } from './migrations';

const CONNECTIONS_MAX = 8;
const CONNECT_WITHIN_MS = 5_000;
const STATEMENT_WITHIN_MS = 30_000;
const RETRY_MS = 250;
const TELL_EVERY = 20;
/** Serialises the preparation of one schema among processes; the second key is the schema. */
const MIGRATION_LOCK = 7_305_913;

/** What runs one statement: the pool, or one connection inside a transaction. */
export interface Querier {
  query<Row extends QueryResultRow>(
    sql: string | { readonly name: string; readonly text: string },
    values?: readonly unknown[],
  ): Promise<readonly Row[]>;
}

type MigrationClass = new () => MigrationInterface;

/**
 * The service's own schema. Connects at first use and waits for the server as long as it takes; migrations run once,
 * under a lock, before the first statement. Errors of the connection come out as Unavailable.
 */
export class Database implements Querier {
  private readonly logger = new Logger('PostgreSQL');
  private opening: Promise<DataSource> | undefined;
  private closed = false;
  private readonly extra: MigrationClass[] = [];

  constructor(private readonly options: Pick<EventingOptions, 'postgresUrl' | 'instance'>) {}

  get url(): string {
    return this.options.postgresUrl;
  }

  /** Migrations of the service's own tables, beside the common ones. Before the first use. */
  addMigrations(...migrations: readonly MigrationClass[]): void {
    if (this.opening) throw new Error('migrations must be added before the database is used');
    this.extra.push(...migrations);
  }

  /** For repositories in TypeORM's own style. */
  source(): Promise<DataSource> {
    if (this.closed) return Promise.reject(new SolyxError('Unavailable', 'the database connection was closed'));
    this.opening ??= this.open();
    return this.opening;
  }

  async query<Row extends QueryResultRow>(
    sql: string | { readonly name: string; readonly text: string },
    values: readonly unknown[] = [],
  ): Promise<readonly Row[]> {
    const pool = await this.pool();
    try {
      return await rowsOf<Row>(pool, sql, values);
    } catch (error) {
      throw asSolyxError(error);
    }
  }

  /** All of it or nothing. `begin` may set the isolation level or `synchronous_commit`. */
  async transaction<T>(work: (connection: Querier) => Promise<T>, begin = 'BEGIN'): Promise<T> {
    const pool = await this.pool();
    const client = await pool.connect().catch((error: unknown) => {
      throw asSolyxError(error);
    });
    let broken: Error | undefined;
    // The server may end between two statements, when no query is there to hear of it: what nobody hears ends the process.
    const lost = (error: Error): void => {
      broken = error;
    };
    client.on('error', lost);
    const connection: Querier = { query: (sql, values = []) => rowsOf(client, sql, values) };
    try {
      await client.query(begin);
      const result = await work(connection);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((failure: unknown) => {
        broken = failure instanceof Error ? failure : new Error(String(failure));
      });
      throw asSolyxError(error);
    } finally {
      client.off('error', lost);
      // A connection that could not even roll back is not given to the next one.
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    // A connection that was never made has nothing to close; its attempt ends with the process.
    const late = new Promise<undefined>((resolve) => setImmediate(resolve, undefined));
    const source = await Promise.race([this.opening?.catch(() => undefined), late]);
    if (source?.isInitialized) await source.destroy();
  }

  private async pool(): Promise<Pool> {
    return poolOf(await this.source());
  }

  private async open(): Promise<DataSource> {
    for (let attempt = 1; !this.closed; attempt += 1) {
      try {
        return await this.connect();
      } catch (error) {
        const code = codeOf(error);
        if (!isConnectionLoss(code, error)) throw asSolyxError(error);
        if (attempt % TELL_EVERY === 1) this.logger.warn(`waiting for PostgreSQL: ${messageOf(error)}`);
        await sleep(RETRY_MS);
      }
    }
    throw new SolyxError('Unavailable', 'the database connection was closed');
  }

  private async connect(): Promise<DataSource> {
    const source = new DataSource({
      type: 'postgres',
      url: this.options.postgresUrl,
      applicationName: `solyx ${this.options.instance}`.slice(0, 63),
      poolSize: CONNECTIONS_MAX,
      connectTimeoutMS: CONNECT_WITHIN_MS,
      synchronize: false,
      migrations: [CoreTables1700000000000, ...this.extra],
      migrationsTableName: 'migration',
      poolErrorHandler: (error: Error) => this.logger.warn(`a connection was lost: ${error.message}`),
      extra: { statement_timeout: STATEMENT_WITHIN_MS, idle_in_transaction_session_timeout: STATEMENT_WITHIN_MS },
    });
    await source.initialize();
    // A connection that is lost in the moment it is made has nobody else to hear of it, which would end the process.
    poolOf(source).on('connect', (client: PoolClient) => client.on('error', () => undefined));
    try {
      await migrate(source);
      return source;
    } catch (error) {
      await source.destroy().catch(() => undefined);
      throw error;
    }
  }
}

const poolOf = ({ driver }: DataSource): Pool => (driver as unknown as { readonly master: Pool }).master;

async function migrate(source: DataSource): Promise<void> {
  const runner = source.createQueryRunner();
  try {
    const lock = [MIGRATION_LOCK];
    await runner.query('SELECT pg_advisory_lock($1, hashtext(current_schema()))', lock);
    try {
      await source.runMigrations({ transaction: 'each' });
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1, hashtext(current_schema()))', lock);
    }
  } finally {
    await runner.release();
  }
}

async function rowsOf<Row extends QueryResultRow>(
  target: Pool | PoolClient,
  sql: string | { readonly name: string; readonly text: string },
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const config = typeof sql === 'string' ? { text: sql } : sql;
  return (await target.query<Row>({ ...config, values: values as unknown[] })).rows;
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** SQLSTATE 08 connection, 53 resources, 57P shutdown, 58 system, 40 serialisation; or the socket's own words. */
function isConnectionLoss(code: string, error: unknown): boolean {
  if (/^(08|53|57P|58|40)/.test(code)) return true;
  if (/^E[A-Z]+$/.test(code)) return true;
  return /terminated|timeout|Connection|not queryable|closed/i.test(messageOf(error)) && !/^[0-9A-Z]{5}$/.test(code);
}

/** Unavailable where the same may succeed later; Internal where the statement itself is at fault. */
export function asSolyxError(error: unknown): SolyxError {
  if (error instanceof SolyxError) return error;
  const code = codeOf(error);
  const lost = isConnectionLoss(code, error);
  const details = code === '' ? {} : { sqlState: code };
  return new SolyxError(lost ? 'Unavailable' : 'Internal', `PostgreSQL: ${messageOf(error)}`, details, {
    cause: error,
  });
}
