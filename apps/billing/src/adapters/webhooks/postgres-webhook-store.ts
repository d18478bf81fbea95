import type { WebhookAttempt, WebhookDeliveryEntry } from '@solyx/contracts';
import type { Database, Querier } from '@solyx/eventing';
import { SolyxError } from '@solyx/kernel';
import type { Endpoint } from '../../domain/webhooks/endpoint';
import {
  WebhookStore,
  type DeliveryQuery,
  type DueDelivery,
  type FeedState,
  type FeedStep,
  type Settlement,
} from '../../application/webhooks/webhook-store';
import {
  ADVANCE,
  BEGIN_FEED,
  CANCEL,
  DUE,
  END_READERS,
  FENCE,
  FORGET,
  INSERT,
  REDELIVER,
  RELANE,
  SETTLE_ATTEMPTS,
  SETTLE_DELIVERIES,
  SETTLE_ENDPOINTS,
  UNHOLD,
  UPSERT_ENDPOINTS,
  UPSERT_READERS,
} from './webhook-sql';

/**
 * What is planned is remembered as soon as it is stored, so it must be on disk, whatever the database's own default says:
 * a crash of PostgreSQL alone would take it back, and this process would go on behind it.
 */
const BEGIN = 'BEGIN; SET LOCAL synchronous_commit = on';

interface EndpointRow {
  readonly endpoint_id: string;
  readonly endpoint: Endpoint;
  readonly failing_since: Date | null;
  readonly waiting: string;
}

interface EntryRow {
  readonly place: string;
  readonly delivery_id: string;
  readonly event_id: string;
  readonly type: string;
  readonly resource: string;
  readonly position: string;
  readonly phase: WebhookDeliveryEntry['phase'];
  readonly attempts: number;
  readonly happened_at: Date;
  readonly next_at: Date;
  readonly last_status: number | null;
  readonly last_error: string | null;
  readonly body: string;
}

const lostLead = (epoch: bigint): SolyxError =>
  new SolyxError('FailedPrecondition', `epoch ${epoch} no longer delivers webhooks`, { epoch: String(epoch) });

const column = <Item, Value>(items: readonly Item[], value: (item: Item) => Value): readonly Value[] =>
  items.map((item) => value(item));

export class PostgresWebhookStore extends WebhookStore {
  constructor(private readonly database: Database) {
    super();
  }

  override async begin(epoch: bigint): Promise<FeedState> {
    return this.database.transaction(async (connection) => {
      const [feed] = await connection.query<{ position: string }>(BEGIN_FEED, [epoch]);
      if (!feed) throw lostLead(epoch);
      const endpoints = await connection.query<EndpointRow>(
        `SELECT e.*, count(d.place) AS waiting FROM webhook_endpoint e
         LEFT JOIN webhook_delivery d ON d.endpoint_id = e.endpoint_id AND d.phase = 'waiting' GROUP BY e.endpoint_id`,
      );
      const readers = await connection.query<{
        readonly reader_id: string;
        readonly endpoint_id: string;
        readonly position: string;
        readonly until: string | null;
      }>('SELECT * FROM webhook_reader ORDER BY reader_id');
      return {
        position: BigInt(feed.position),
        endpoints: endpoints.map(({ endpoint_id, endpoint, failing_since, waiting }) => ({
          endpointId: endpoint_id,
          endpoint,
          waiting: Number(waiting),
          ...(failing_since ? { failingSince: failing_since.getTime() } : {}),
        })),
        readers: readers.map(({ reader_id, endpoint_id, position, until }) => ({
          readerId: reader_id,
          endpointId: endpoint_id,
          position: BigInt(position),
          ...(until === null ? {} : { until: BigInt(until) }),
        })),
      };
    }, BEGIN);
  }

  override async advance(step: FeedStep, epoch: bigint): Promise<ReadonlyMap<string, number>> {
    const changes = new Map<string, number>();
    const count = (rows: readonly { readonly endpoint_id: string }[], sign: number): void => {
      for (const { endpoint_id } of rows) changes.set(endpoint_id, (changes.get(endpoint_id) ?? 0) + sign);
    };
    await this.database.transaction(async (connection) => {
      await this.moveFeed(connection, step, epoch);
      await this.storeEndpoints(connection, step);
      for (const endpointId of step.cancelled) {
        count(await connection.query<{ endpoint_id: string }>(CANCEL, [endpointId]), -1);
      }
      count(await this.insert(connection, step), 1);
      for (const redelivery of step.redeliveries) {
        const { requestId, endpointId, organizationId, selection, fifo, at } = redelivery;
        const { deliveryIds = [], range } = selection;
        count(
          await connection.query<{ endpoint_id: string }>(REDELIVER, [
            ...[requestId, endpointId, organizationId, deliveryIds, range?.from ?? null, range?.to ?? null],
            ...[range?.failedOnly ?? false, fifo, at],
          ]),
          1,
        );
      }
    }, BEGIN);
    return changes;
  }

  private async moveFeed(connection: Querier, { position }: FeedStep, epoch: bigint): Promise<void> {
    const moved =
      position === undefined
        ? await connection.query(FENCE, [epoch])
        : await connection.query(ADVANCE, [epoch, position]);
    if (moved.length === 0) throw lostLead(epoch);
  }

  private async storeEndpoints(connection: Querier, step: FeedStep): Promise<void> {
    const { endpoints, readers, readersEnded, reordered } = step;
    if (endpoints.length > 0) {
      await connection.query(UPSERT_ENDPOINTS, [
        column(endpoints, ({ endpointId }) => endpointId),
        column(endpoints, ({ endpoint }) => endpoint.organizationId),
        column(endpoints, ({ endpoint }) => JSON.stringify(endpoint)),
      ]);
    }
    for (const { endpointId, fifo } of reordered) {
      await connection.query(RELANE, [endpointId, fifo]);
      await connection.query(UNHOLD_ENDPOINT, [endpointId]);
    }
    if (readers.length > 0) {
      await connection.query(UPSERT_READERS, [
        column(readers, ({ readerId }) => readerId),
        column(readers, ({ endpointId }) => endpointId),
        column(readers, ({ position }) => position.toString()),
        column(readers, ({ until }) => until?.toString() ?? null),
      ]);
    }
    if (readersEnded.length > 0) await connection.query(END_READERS, [readersEnded]);
  }

  private async insert(
    connection: Querier,
    { deliveries, at }: FeedStep,
  ): Promise<readonly { readonly endpoint_id: string }[]> {
    if (deliveries.length === 0) return [];
    return connection.query<{ endpoint_id: string }>(INSERT, [
      column(deliveries, ({ deliveryId }) => deliveryId),
      column(deliveries, ({ endpointId }) => endpointId),
      column(deliveries, ({ organizationId }) => organizationId),
      column(deliveries, ({ eventId }) => eventId),
      column(deliveries, ({ type }) => type),
      column(deliveries, ({ resource }) => resource),
      column(deliveries, ({ lane }) => lane),
      column(deliveries, ({ position }) => position),
      column(deliveries, (delivery) => delivery.at),
      column(deliveries, ({ body }) => body),
      at,
    ]);
  }

  override async due(endpointIds: readonly string[], limit: number): Promise<readonly DueDelivery[]> {
    const rows = await this.database.query<{
      readonly delivery_id: string;
      readonly endpoint_id: string;
      readonly event_id: string;
      readonly lane: string;
      readonly attempts: number;
      readonly next_at: Date;
      readonly body: string;
    }>(DUE, [endpointIds, limit]);
    return rows.map((row) => ({
      deliveryId: row.delivery_id,
      endpointId: row.endpoint_id,
      eventId: row.event_id,
      lane: row.lane,
      attempts: row.attempts,
      nextAt: row.next_at.getTime(),
      body: row.body,
    }));
  }

  override async settle(settlements: readonly Settlement[], epoch: bigint): Promise<void> {
    if (settlements.length === 0) return;
    const ids = column(settlements, ({ delivery }) => delivery.deliveryId);
    const left = settlements.filter(({ phase }) => phase !== 'waiting').map(({ delivery }) => delivery);
    // The last one of each endpoint says what holds now.
    const states = [...new Map(settlements.map((one) => [one.delivery.endpointId, one.failingSince]))];
    await this.database.transaction(async (connection) => {
      if ((await connection.query(FENCE, [epoch])).length === 0) throw lostLead(epoch);
      await connection.query(SETTLE_ATTEMPTS, [
        ids,
        column(settlements, ({ attempt }) => attempt.attempt),
        column(settlements, ({ attempt }) => attempt.at),
        column(settlements, ({ attempt }) => JSON.stringify(attempt)),
      ]);
      await connection.query(SETTLE_DELIVERIES, [
        ids,
        column(settlements, ({ phase }) => phase),
        column(settlements, ({ attempt }) => attempt.attempt),
        column(settlements, ({ nextAt }) => (nextAt === undefined ? null : new Date(nextAt).toISOString())),
        column(settlements, ({ attempt }) => attempt.status ?? null),
        column(settlements, ({ attempt }) => attempt.error ?? null),
      ]);
      await connection.query(SETTLE_ENDPOINTS, [
        column(states, ([endpointId]) => endpointId),
        column(states, ([, since]) => (since === undefined ? null : new Date(since).toISOString())),
      ]);
      if (left.length > 0) {
        await connection.query(UNHOLD, [
          column(left, ({ endpointId }) => endpointId),
          column(left, ({ lane }) => lane),
        ]);
      }
    }, BEGIN);
  }

  override async forget(before: string, limit: number, epoch: bigint): Promise<number> {
    return this.database.transaction(async (connection) => {
      if ((await connection.query(FENCE, [epoch])).length === 0) throw lostLead(epoch);
      return (await connection.query(FORGET, [before, limit])).length;
    }, BEGIN);
  }

  override async endpointsOf(organizationId: string): Promise<number> {
    const [row] = await this.database.query<{ count: string }>(
      `SELECT count(*) FROM webhook_endpoint WHERE organization_id = $1 AND endpoint->>'phase' <> 'Deleted'`,
      [organizationId],
    );
    return Number(row?.count ?? 0);
  }

  override async deliveries(query: DeliveryQuery): Promise<readonly WebhookDeliveryEntry[]> {
    const { organizationId, endpointId, first, after, phase } = query;
    const rows = await this.database.query<EntryRow>(
      `SELECT * FROM webhook_delivery WHERE endpoint_id = $1 AND organization_id = $2
         AND ($3::bigint IS NULL OR place < $3) AND ($4::text IS NULL OR phase = $4) ORDER BY place DESC LIMIT $5`,
      [endpointId, organizationId, after ?? null, phase ?? null, first + 1],
    );
    return rows.map(entryOf);
  }

  override async delivery(organizationId: string, deliveryId: string) {
    const [row] = await this.database.query<EntryRow>(
      'SELECT * FROM webhook_delivery WHERE delivery_id = $1 AND organization_id = $2',
      [deliveryId, organizationId],
    );
    if (!row) return undefined;
    const attempts = await this.database.query<{ record: WebhookAttempt }>(
      'SELECT record FROM webhook_attempt WHERE delivery_id = $1 ORDER BY attempt LIMIT 32',
      [deliveryId],
    );
    return { entry: entryOf(row), body: row.body, attempts: attempts.map(({ record }) => record) };
  }
}

/** The first of each lane of one endpoint is free, whatever it was before. */
const UNHOLD_ENDPOINT = `
  UPDATE webhook_delivery d SET held = d.place <> heads.first
  FROM (SELECT lane, min(place) AS first FROM webhook_delivery WHERE endpoint_id = $1 AND phase = 'waiting' GROUP BY lane) heads
  WHERE d.endpoint_id = $1 AND d.phase = 'waiting' AND d.lane = heads.lane`;

const entryOf = (row: EntryRow): WebhookDeliveryEntry => ({
  deliveryId: row.delivery_id,
  cursor: row.place,
  eventId: row.event_id,
  type: row.type,
  resource: row.resource,
  position: row.position,
  phase: row.phase,
  attempts: row.attempts,
  at: row.happened_at.toISOString(),
  ...(row.phase === 'waiting' ? { nextAttemptAt: row.next_at.toISOString() } : {}),
  ...(row.last_status === null ? {} : { lastStatus: row.last_status }),
  ...(row.last_error === null ? {} : { lastError: row.last_error }),
});
