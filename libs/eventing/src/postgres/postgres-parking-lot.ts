import { SolyxError } from '@solyx/kernel';
import { ParkingLot, type ParkedEvent, type ParkedFilter, type ParkedPage } from '../ports';
import type { Database } from './database';

const PAGE_MAX = 500;
const EVENT_BYTES_MAX = 1024 * 1024;

interface Parked {
  readonly place: string;
  readonly event: ParkedEvent;
}

/** `$1`–`$3` are the filter; an absent one matches all. */
const MATCHES = `($1::text IS NULL OR consumer = $1) AND ($2::text IS NULL OR event_id = $2)
  AND ($3::text IS NULL OR organization_id = $3)`;
const valuesOf = ({ consumer, eventId, organizationId }: ParkedFilter): readonly (string | null)[] => [
  consumer ?? null,
  eventId ?? null,
  organizationId ?? null,
];

export class PostgresParkingLot extends ParkingLot {
  private taking: Promise<unknown> = Promise.resolve();

  constructor(private readonly database: Database) {
    super();
  }

  override async park(event: ParkedEvent): Promise<void> {
    if (Buffer.byteLength(event.event) > EVENT_BYTES_MAX) {
      throw new SolyxError('InvalidArgument', `event ${event.eventId} is too large to be parked`, {
        limit: EVENT_BYTES_MAX,
      });
    }
    await this.database.query(
      `INSERT INTO parked_event (consumer, event_id, organization_id, event) VALUES ($1, $2, $3, $4)
       ON CONFLICT (consumer, event_id) DO UPDATE SET event = excluded.event`,
      [event.consumer, event.eventId, event.organizationId, JSON.stringify(event)],
    );
  }

  override async list(filter: ParkedFilter, first: number, skip = 0): Promise<ParkedPage> {
    const values = valuesOf(filter);
    const [counted] = await this.database.query<{ total: string }>(
      `SELECT count(*) AS total FROM parked_event WHERE ${MATCHES}`,
      values,
    );
    const rows = await this.database.query<Parked>(
      `SELECT place, event FROM parked_event WHERE ${MATCHES} ORDER BY place LIMIT $4 OFFSET $5`,
      [...values, Math.max(1, Math.min(first, PAGE_MAX)), Math.max(0, skip)],
    );
    return { events: rows.map(({ event }) => event), total: Number(counted?.total ?? 0) };
  }

  /** One take after another, so that two requests do not handle the same event side by side. */
  override take(
    filter: ParkedFilter,
    limit: number,
    work: (event: ParkedEvent) => Promise<ParkedEvent | undefined>,
  ): Promise<{ readonly done: number; readonly kept: number }> {
    const mine = this.taking.then(() => this.takeNow(filter, limit, work));
    this.taking = mine.catch(() => undefined);
    return mine;
  }

  /** No lock is held while `work` runs: it may take long, and may park what it likes. */
  private async takeNow(
    filter: ParkedFilter,
    limit: number,
    work: (event: ParkedEvent) => Promise<ParkedEvent | undefined>,
  ): Promise<{ readonly done: number; readonly kept: number }> {
    let done = 0;
    let kept = 0;
    let after = '0';
    while (done + kept < limit) {
      const next = await this.next(filter, after);
      if (!next) break;
      after = next.place;
      const newer = await work(next.event);
      if (newer) kept += 1;
      else done += 1;
      await this.settle(next, newer);
    }
    return { done, kept };
  }

  private async next(filter: ParkedFilter, after: string): Promise<Parked | undefined> {
    const sql = `SELECT place, event FROM parked_event WHERE ${MATCHES} AND place > $4 ORDER BY place LIMIT 1`;
    return (await this.database.query<Parked>(sql, [...valuesOf(filter), after]))[0];
  }

  private async settle({ place }: Parked, newer: ParkedEvent | undefined): Promise<void> {
    if (newer) {
      await this.database.query('UPDATE parked_event SET event = $2 WHERE place = $1', [place, JSON.stringify(newer)]);
    } else {
      await this.database.query('DELETE FROM parked_event WHERE place = $1', [place]);
    }
  }
}
