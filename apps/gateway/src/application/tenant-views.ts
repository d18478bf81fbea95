import { Injectable } from '@nestjs/common';
import { Clock, PLATFORM_ORGANIZATION, SolyxError } from '@solyx/kernel';
import { Views, type ListQuery, type Page, type Projection } from '@solyx/eventing';
import { parseInstant, type AtInput, type Instant } from '../domain/instant';
import { Freshness } from './freshness';
import type { Operation } from './operation';

const AT_WAIT_MS = 2_000;
const BEHIND_WAIT_MS = 5_000;
const PAGE = 500;
const PAGES_MAX = 20;

export type TenantQuery<Row> = Omit<ListQuery<Row>, 'organizationId' | 'at'> & {
  readonly at?: AtInput | null | undefined;
};

interface OwnRows<Row> {
  readonly at?: AtInput | null | undefined;
  readonly where: Partial<Row>;
  readonly enough: (row: Row) => boolean;
}

/**
 * The only way to the views, and the one place of the tenant check: an own row is one that carries the caller's
 * organization, a shared one belongs to the platform and is the same for all.
 */
@Injectable()
export class TenantViews {
  constructor(
    private readonly views: Views,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
  ) {}

  /** Another tenant's row is as unknown as one that never was. */
  async own<Row extends { readonly organizationId: string }>(
    operation: Operation,
    projection: Projection<Row>,
    key: string,
    at?: AtInput | null,
  ): Promise<Row | undefined> {
    const row = await this.views.get(projection, key, ...(await this.instant(operation, projection as Projection, at)));
    return row?.organizationId === operation.organizationId ? row : undefined;
  }

  /**
   * As `own`, of the present. What is not there although the view lags behind what the caller was shown may be there
   * all the same: it is waited for longer, and then said to be behind, never that there is none.
   */
  async ownNow<Row extends { readonly organizationId: string }>(
    operation: Operation,
    projection: Projection<Row>,
    key: string,
  ): Promise<Row | undefined> {
    const row = await this.own(operation, projection, key);
    if (row || !operation.stale) return row;
    const known = this.freshness.known(operation.organizationId);
    const isThere = await this.views.waitFor(projection, known, BEHIND_WAIT_MS);
    if (!isThere) {
      throw new SolyxError('Unavailable', 'the view is behind what was recorded', {}, { reason: 'ViewBehind' });
    }
    return this.own(operation, projection, key);
  }

  async ownPage<Row extends { readonly organizationId: string }>(
    operation: Operation,
    projection: Projection<Row>,
    query: TenantQuery<Row>,
  ): Promise<Page<Row>> {
    return this.page(operation, projection, query, operation.organizationId);
  }

  /** All own rows, newest first, at most 10,000; ends at the first row that `enough` says so of. */
  async ownRows<Row extends { readonly organizationId: string }>(
    operation: Operation,
    projection: Projection<Row>,
    { at, where, enough }: OwnRows<Row>,
  ): Promise<readonly Row[]> {
    const rows: Row[] = [];
    let after: string | undefined;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const query = { first: PAGE, order: 'newest' as const, at, where, ...(after ? { after } : {}) };
      const found = await this.ownPage(operation, projection, query);
      rows.push(...found.rows.map(({ row }) => row));
      const last = found.rows.at(-1);
      if (!found.hasNext || last === undefined || enough(last.row)) break;
      after = last.cursor;
    }
    return rows;
  }

  async shared<Row>(
    operation: Operation,
    projection: Projection<Row>,
    key: string,
    at?: AtInput | null,
  ): Promise<Row | undefined> {
    return this.views.get(projection, key, ...(await this.instant(operation, projection as Projection, at)));
  }

  async sharedPage<Row>(
    operation: Operation,
    projection: Projection<Row>,
    query: TenantQuery<Row>,
  ): Promise<Page<Row>> {
    return this.page(operation, projection, query, PLATFORM_ORGANIZATION);
  }

  /** All rows of a shared view, at most 10,000. */
  async sharedRows<Row>(
    operation: Operation,
    projection: Projection<Row>,
    at?: AtInput | null,
    where?: Partial<Row>,
  ): Promise<readonly Row[]> {
    const rows: Row[] = [];
    let after: string | undefined;
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const query = {
        first: PAGE,
        order: 'oldest' as const,
        at,
        ...(where ? { where } : {}),
        ...(after ? { after } : {}),
      };
      const found = await this.page(operation, projection, query, PLATFORM_ORGANIZATION);
      rows.push(...found.rows.map(({ row }) => row));
      after = found.rows.at(-1)?.cursor;
      if (!found.hasNext || after === undefined) break;
    }
    return rows;
  }

  /** Rows of a job that the caller was found to own: its steps come from shared streams, too. */
  async ofJob<Row extends { readonly jobId: string }>(
    operation: Operation,
    projection: Projection<Row>,
    job: { readonly id: string; readonly organizationId: string },
    { first, at }: { readonly first: number; readonly at?: AtInput | null | undefined },
  ): Promise<readonly Row[]> {
    if (job.organizationId !== operation.organizationId) return [];
    const query = { where: { jobId: job.id } as Partial<Row>, first, order: 'oldest' as const, at };
    return (await this.page(operation, projection, query, undefined)).rows.map(({ row }) => row);
  }

  /** Whose job it is, for events that name only the job. */
  async organizationOf<Row extends { readonly organizationId: string }>(
    projection: Projection<Row>,
    key: string,
  ): Promise<string | undefined> {
    return (await this.views.get(projection, key))?.organizationId;
  }

  /** Resolves once the view has folded up to there; false after the timeout. */
  waitFor(projection: Projection, position: bigint, timeoutMs: number): Promise<boolean> {
    return this.views.waitFor(projection, position, timeoutMs);
  }

  private async page<Row>(
    operation: Operation,
    projection: Projection<Row>,
    { at, ...query }: TenantQuery<Row>,
    organizationId: string | undefined,
  ): Promise<Page<Row>> {
    const [instant] = await this.instant(operation, projection, at);
    return this.views.list(projection, {
      ...query,
      ...(organizationId === undefined ? {} : { organizationId }),
      ...(instant === undefined ? {} : { at: instant }),
    });
  }

  /** The instant asked for, once the view can tell it; none is the present, as fresh as the caller knows it to be. */
  private async instant(
    operation: Operation,
    projection: Projection,
    input: AtInput | null | undefined,
  ): Promise<[Instant?]> {
    const parsed = parseInstant(input, this.clock.now());
    if (!parsed.ok) throw parsed.error;
    const { at } = parsed;
    if (at === undefined) {
      if (!(await this.freshness.reach(operation.organizationId, projection))) operation.stale = true;
      return [];
    }
    if ('position' in at && !(await this.views.waitFor(projection, at.position, AT_WAIT_MS))) {
      throw new SolyxError('Unavailable', `the view has not read the log up to ${at.position} yet`, {
        position: String(at.position),
      });
    }
    return [at];
  }
}
