import { Logger } from '@nestjs/common';
import { Client } from 'pg';
import { sleep } from '../backoff';
import { Leadership, type LeadershipListener } from '../ports';
import type { Database } from './database';

/** A standby asks this often. */
const POLL_MS = 1_000;
/** The leader proves this often that it is there … */
const PROVE_MS = 1_000;
/** … and is taken for gone by PostgreSQL, and takes itself for gone, when it did not for this long. */
const SILENCE_MS = 3_500;
const LEADERSHIP_LOCK = 7_305_914;

/**
 * One leader per context by a session-level advisory lock on a connection of its own. A process that dies loses the lock
 * with its socket; one that hangs is cut off by PostgreSQL (`idle_session_timeout`). The epoch, counted in a table,
 * fences what an old leader may still have under way.
 */
export class PostgresLeadership extends Leadership {
  private readonly logger = new Logger('Leadership');
  private readonly stopping = new AbortController();
  private campaigning: Promise<void> = Promise.resolve();
  private client: Client | undefined;

  constructor(
    private readonly database: Database,
    private readonly instance: string,
  ) {
    super();
  }

  private isStopped(): boolean {
    return this.stopping.signal.aborted;
  }

  override campaign(context: string, listener: LeadershipListener): Promise<void> {
    this.campaigning = this.run(context, listener);
    return Promise.resolve();
  }

  override async resign(): Promise<void> {
    this.stopping.abort();
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
    await this.campaigning;
  }

  private async run(context: string, listener: LeadershipListener): Promise<void> {
    const { signal } = this.stopping;
    for (; !signal.aborted; await sleep(POLL_MS, signal)) {
      try {
        await this.database.source(); // Its tables must be there.
        await this.term(context, listener);
      } catch (error) {
        if (!this.isStopped())
          this.logger.warn(`${context}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  /** One connection, from the first try to the loss of the lead. */
  private async term(context: string, listener: LeadershipListener): Promise<void> {
    const client = new Client({
      connectionString: this.database.url,
      application_name: `solyx lead ${context}`,
      connectionTimeoutMillis: SILENCE_MS,
      query_timeout: SILENCE_MS,
      keepAlive: true,
    });
    const gone = new AbortController();
    const lose = (): void => gone.abort();
    client.on('error', lose);
    client.on('end', lose);
    try {
      await client.connect();
      this.client = client;
      const epoch = await this.acquire(client, context);
      if (epoch === undefined || this.isStopped()) return;
      await this.hold(client, gone, () => listener.onElected(epoch));
      if (!this.isStopped()) await listener.onLost();
    } finally {
      this.client = undefined;
      await client.end().catch(() => undefined);
    }
  }

  /** Waits for the lock; the new epoch once it is ours, undefined when asked to stop. */
  private async acquire(client: Client, context: string): Promise<bigint | undefined> {
    await client.query(`SET idle_session_timeout = ${SILENCE_MS}`);
    while (!this.stopping.signal.aborted) {
      const lock = "SELECT pg_try_advisory_lock($1, hashtext(current_schema() || '.' || $2)) AS won";
      const { rows } = await client.query<{ won: boolean }>(lock, [LEADERSHIP_LOCK, context]);
      if (rows[0]?.won) return this.nextEpoch(client, context);
      await sleep(POLL_MS, this.stopping.signal);
    }
    return undefined;
  }

  private async nextEpoch(client: Client, context: string): Promise<bigint> {
    const { rows } = await client.query<{ epoch: string }>(
      `INSERT INTO leadership (context, epoch, instance) VALUES ($1, 1, $2)
       ON CONFLICT (context) DO UPDATE
         SET epoch = leadership.epoch + 1, instance = excluded.instance, elected_at = now()
       RETURNING epoch`,
      [context, this.instance],
    );
    return BigInt(rows[0]?.epoch ?? 0);
  }

  /** Resolves when the connection is lost, or did not answer in time, or the lead is given up. */
  private async hold(client: Client, gone: AbortController, elected: () => Promise<void>): Promise<void> {
    const over = AbortSignal.any([gone.signal, this.stopping.signal]);
    const proving = (async () => {
      while (!over.aborted) {
        await sleep(PROVE_MS, over);
        if (isOpen(over)) await client.query('SELECT 1').catch(() => gone.abort());
      }
    })();
    // Electing may take long (a drain, a first connection), and the lead must be proven meanwhile.
    try {
      await elected();
    } catch (error) {
      this.logger.error(`could not take the lead: ${error instanceof Error ? error.message : String(error)}`);
      gone.abort();
    }
    await proving;
  }
}

const isOpen = (signal: AbortSignal): boolean => !signal.aborted;
