import { Database } from '@solyx/eventing';
import { eventually, withPostgres } from '@solyx/testing';
import { Receiver } from '../../test/webhooks/receiver';
import { ORGANIZATION, WebhookPlane } from '../../test/webhooks/webhook-plane';
import { PostgresWebhookSecrets } from './postgres-webhook-secrets';
import { PostgresWebhookStore } from './postgres-webhook-store';
import { SealingKey } from './sealing-key';
import { WebhookTables1763712000000 } from './webhook-tables';

const EVENTS = 150;

describe('Webhooks over PostgreSQL', () => {
  const postgres = withPostgres({ durable: true });
  let database: Database;
  let receiver: Receiver;
  let planes: WebhookPlane[] = [];
  beforeEach(async () => {
    receiver = await Receiver.listen();
    database = new Database({ postgresUrl: postgres.url, instance: 'spec' });
    database.addMigrations(WebhookTables1763712000000);
  });
  afterEach(async () => {
    await Promise.all(planes.map((plane) => plane.close()));
    planes = [];
    await receiver.close();
    await database.close();
  });

  it('lose nothing when the database dies and another process takes over without the first one noticing', async () => {
    const plane = new WebhookPlane({
      store: new PostgresWebhookStore(database),
      secrets: new PostgresWebhookSecrets(database, new SealingKey({ hex: 'ab'.repeat(32), file: '' })),
    });
    planes.push(plane);
    await plane.lead();
    await plane.endpoint('whk_a', { url: receiver.url() });
    const jobs = Array.from({ length: EVENTS }, (_, n) => `job_${n}`);
    for (const [n, job] of jobs.entries()) {
      await plane.jobSucceeded(job);
      if (n === 50) {
        await eventually(() => expect(receiver.received.length).toBeGreaterThan(0));
        await postgres.kill();
        await postgres.restart();
      }
      // As after kill -9: the one before is not asked to end, and goes on until the store refuses it.
      if (n === 100) await eventually(() => plane.usurp());
    }
    const came = () => receiver.bodies().map(({ data }) => (data as { jobId: string }).jobId);
    await eventually(() => expect(new Set(came()).size).toBe(EVENTS));
    await eventually(async () => {
      const query = { organizationId: ORGANIZATION, endpointId: 'whk_a', first: 500 };
      const phases = (await plane.store.deliveries(query)).map(({ phase }) => phase);
      expect(phases).toEqual(jobs.map(() => 'delivered'));
    });
  });
});
