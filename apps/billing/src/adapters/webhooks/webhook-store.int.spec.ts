import { Database } from '@solyx/eventing';
import { endpointDecider } from '../../domain/webhooks/endpoint';
import type { PlannedDelivery } from '../../domain/webhooks/planning';
import type { FeedStep, Settlement, WebhookStore } from '../../application/webhooks/webhook-store';
import { withPostgres } from '@solyx/testing';
import { MemoryWebhookStore } from './memory-webhook-store';
import { PostgresWebhookSecrets } from './postgres-webhook-secrets';
import { PostgresWebhookStore } from './postgres-webhook-store';
import { SealingKey } from './sealing-key';
import { WebhookTables1763712000000 } from './webhook-tables';

const postgres = withPostgres();
const at = '2026-03-01T00:00:00.000Z';
const ms = Date.parse(at);

let databases: Database[] = [];
let schemas = 0;
/** A schema of its own for each test. */
async function database(): Promise<Database> {
  const admin = new Database({ postgresUrl: postgres.url, instance: 'spec' });
  databases.push(admin);
  schemas += 1;
  await admin.query(`CREATE SCHEMA hooks_${schemas}`);
  const url = new URL(postgres.url);
  url.searchParams.set('options', `-c search_path=hooks_${schemas}`);
  const own = new Database({ postgresUrl: url.href, instance: 'spec' });
  own.addMigrations(WebhookTables1763712000000);
  databases.push(own);
  return own;
}
afterEach(async () => {
  await Promise.all(databases.map((one) => one.close()));
  databases = [];
});

const endpoint = (endpointId: string, organizationId = 'acme') => ({
  endpointId,
  endpoint: { ...endpointDecider.initial, phase: 'Enabled' as const, organizationId },
});
const delivery = (n: number, more: Partial<PlannedDelivery> = {}): PlannedDelivery => ({
  deliveryId: `dlv_${n}`,
  endpointId: 'whk_a',
  organizationId: 'acme',
  eventId: `evt_${n}`,
  type: 'job.succeeded',
  resource: 'job/one',
  lane: 'live:job/one',
  position: String(n),
  at,
  body: `{"n":${n}}`,
  ...more,
});
const step = (more: Partial<FeedStep>): FeedStep => ({
  ...{ endpoints: [], deliveries: [], redeliveries: [], readers: [], readersEnded: [], reordered: [], cancelled: [] },
  at,
  ...more,
});
const settled = (n: number, phase: Settlement['phase'], more: Partial<Settlement> = {}): Settlement => ({
  delivery: { deliveryId: `dlv_${n}`, endpointId: 'whk_a', lane: delivery(n).lane },
  attempt: { attempt: 1, at, durationMs: 3, requestHeaders: { 'webhook-id': `evt_${n}` }, status: 500, error: 'no' },
  phase,
  ...more,
});
const dueOf = async (store: WebhookStore): Promise<readonly string[]> =>
  (await store.due(['whk_a'], 10)).map(({ deliveryId }) => deliveryId);

describe.each([
  ['memory', async (): Promise<WebhookStore> => new MemoryWebhookStore()],
  ['PostgreSQL', async (): Promise<WebhookStore> => new PostgresWebhookStore(await database())],
])('A store in %s', (_name, open) => {
  it('keeps deliveries with the place in the log, and takes the same step twice as once', async () => {
    const store = await open();
    expect(await store.begin(1n)).toEqual({ position: -1n, endpoints: [], readers: [] });
    const first = step({
      position: 7n,
      endpoints: [endpoint('whk_a')],
      deliveries: [delivery(1), delivery(2)],
      readers: [{ readerId: 'r1', endpointId: 'whk_a', position: 3n, until: 5n }],
    });
    expect(await store.advance(first, 1n)).toEqual(new Map([['whk_a', 2]]));
    expect(await store.advance(first, 1n)).toEqual(new Map());
    expect(await store.begin(2n)).toMatchObject({
      position: 7n,
      endpoints: [{ endpointId: 'whk_a', waiting: 2 }],
      readers: [{ readerId: 'r1', position: 3n, until: 5n }],
    });
    expect(await store.endpointsOf('acme')).toBe(1);
    expect(await store.endpointsOf('other')).toBe(0);
  });

  it('hands out the first of each lane, and the next once that is settled', async () => {
    const store = await open();
    await store.begin(1n);
    const other = delivery(3, { resource: 'job/two', lane: 'live:job/two' });
    await store.advance(step({ endpoints: [endpoint('whk_a')], deliveries: [delivery(1), delivery(2), other] }), 1n);
    expect(await dueOf(store)).toEqual(['dlv_1', 'dlv_3']);
    await store.settle([settled(1, 'waiting', { nextAt: ms + 5_000, failingSince: ms })], 1n);
    expect((await store.due(['whk_a'], 10)).map(({ nextAt }) => nextAt - ms)).toEqual([0, 5_000]);
    expect((await store.begin(1n)).endpoints[0]?.failingSince).toBe(ms);
    await store.advance(step({ deliveries: [delivery(4)] }), 1n);
    await store.settle([settled(1, 'delivered')], 1n);
    expect(await dueOf(store)).toEqual(['dlv_2', 'dlv_3']);
    await store.settle([settled(2, 'failed')], 1n);
    expect(await dueOf(store)).toEqual(['dlv_3', 'dlv_4']);
    expect((await store.begin(1n)).endpoints[0]?.failingSince).toBeUndefined();
  });

  it('makes one lane of all, and lanes again of one', async () => {
    const store = await open();
    await store.begin(1n);
    const other = delivery(2, { resource: 'job/two', lane: 'live:job/two' });
    await store.advance(step({ endpoints: [endpoint('whk_a')], deliveries: [delivery(1), other] }), 1n);
    await store.advance(step({ reordered: [{ endpointId: 'whk_a', fifo: true }] }), 1n);
    expect(await dueOf(store)).toEqual(['dlv_1']);
    await store.advance(step({ reordered: [{ endpointId: 'whk_a', fifo: false }] }), 1n);
    expect(await dueOf(store)).toEqual(['dlv_1', 'dlv_2']);
  });

  it('copies deliveries for a redelivery, cancels, lists and forgets', async () => {
    const store = await open();
    await store.begin(1n);
    const deliveries = [delivery(1), delivery(2), delivery(3)];
    await store.advance(step({ endpoints: [endpoint('whk_a')], deliveries }), 1n);
    await store.settle([settled(1, 'failed')], 1n);
    await store.settle([settled(2, 'delivered')], 1n);
    const redelivery = { endpointId: 'whk_a', organizationId: 'acme', fifo: false, at };
    const range = { from: at, to: '2026-03-02T00:00:00.000Z', failedOnly: true };
    const again = step({
      redeliveries: [
        { ...redelivery, requestId: 'req_1', selection: { range } },
        { ...redelivery, requestId: 'req_2', selection: { deliveryIds: ['dlv_2'] } },
        { ...redelivery, requestId: 'req_3', organizationId: 'other', selection: { deliveryIds: ['dlv_2'] } },
      ],
    });
    expect(await store.advance(again, 1n)).toEqual(new Map([['whk_a', 2]]));
    expect(await store.advance(again, 1n)).toEqual(new Map());
    const query = { organizationId: 'acme', endpointId: 'whk_a', first: 10 };
    const entries = await store.deliveries(query);
    expect(entries.map(({ eventId, phase }) => [eventId, phase])).toEqual([
      ...[
        ['evt_2', 'waiting'],
        ['evt_1', 'waiting'],
        ['evt_3', 'waiting'],
      ],
      ...[
        ['evt_2', 'delivered'],
        ['evt_1', 'failed'],
      ],
    ]);
    expect(await store.deliveries({ ...query, organizationId: 'other' })).toEqual([]);
    const page = await store.deliveries({ ...query, first: 2, after: entries[1]!.cursor, phase: 'failed' });
    expect(page).toMatchObject([{ deliveryId: 'dlv_1', attempts: 1, lastStatus: 500, lastError: 'no' }]);
    expect(await store.delivery('acme', 'dlv_1')).toMatchObject({ body: '{"n":1}', attempts: [{ status: 500 }] });
    expect(await store.delivery('other', 'dlv_1')).toBeUndefined();
    expect(await store.advance(step({ cancelled: ['whk_a'] }), 1n)).toEqual(new Map([['whk_a', -3]]));
    expect(await dueOf(store)).toEqual([]);
    expect(await store.forget('2026-03-02T00:00:00.000Z', 2, 1n)).toBe(2);
    expect(await store.forget('2026-03-02T00:00:00.000Z', 10, 1n)).toBe(3);
    expect(await store.forget('2026-03-02T00:00:00.000Z', 10, 1n)).toBe(0);
  });

  it('takes nothing from who no longer leads', async () => {
    const store = await open();
    await store.begin(2n);
    for (const write of [
      () => store.begin(1n),
      () => store.advance(step({ position: 9n }), 1n),
      () => store.settle([settled(1, 'delivered')], 1n),
      () => store.forget(at, 1, 1n),
    ]) {
      await expect(write()).rejects.toMatchObject({ code: 'FailedPrecondition' });
    }
    expect((await store.begin(2n)).position).toBe(-1n);
  });
});

describe('Secrets in PostgreSQL', () => {
  const order = { keyId: 'key_1', endpointId: 'whk_a', organizationId: 'acme', algorithm: 'v1' as const, at };

  it('are sealed, made once, shown for ten minutes, and forgotten', async () => {
    const own = await database();
    const sealing = new SealingKey({ hex: 'ab'.repeat(32), file: '' });
    const secrets = new PostgresWebhookSecrets(own, sealing);
    expect(await secrets.make(order)).toEqual({ keyId: 'key_1', algorithm: 'v1' });
    const [key] = await secrets.load('whk_a', ['key_1']);
    await secrets.make(order);
    expect((await secrets.load('whk_a', ['key_1']))[0]?.bytes).toEqual(key!.bytes);
    expect((await secrets.show(order)).secret).toBe(`whsec_${Buffer.from(key!.bytes).toString('base64')}`);
    const rows = await own.query<{ sealed: Buffer }>('SELECT sealed FROM webhook_secret');
    expect(rows[0]!.sealed.includes(Buffer.from(key!.bytes))).toBe(false);
    await expect(secrets.show({ ...order, organizationId: 'other' })).rejects.toMatchObject({ code: 'NotFound' });
    await expect(secrets.show({ ...order, at: '2026-03-01T00:10:00.001Z' })).rejects.toMatchObject({
      reason: 'WebhookSecretShown',
    });
    const other = new PostgresWebhookSecrets(own, new SealingKey({ hex: 'cd'.repeat(32), file: '' }));
    await expect(other.load('whk_a', ['key_1'])).rejects.toMatchObject({ code: 'FailedPrecondition' });
    await own.query(`UPDATE webhook_secret SET endpoint_id = 'whk_b'`);
    await expect(secrets.load('whk_b', ['key_1'])).rejects.toMatchObject({ code: 'FailedPrecondition' });
    await own.query(`UPDATE webhook_secret SET endpoint_id = 'whk_a'`);
    await secrets.forgetAllBut('whk_a', ['key_1']);
    await secrets.load('whk_a', ['key_1']);
    await secrets.forgetAllBut('whk_a', []);
    await expect(secrets.load('whk_a', ['key_1'])).rejects.toMatchObject({ code: 'NotFound' });
  });
});
