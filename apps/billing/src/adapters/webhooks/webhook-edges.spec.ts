import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, SoleLeadership, temporaryFolder } from '@solyx/testing';
import { SeededRandom } from '@solyx/kernel';
import { LOCAL_POLICY } from '../../domain/webhooks/url-policy';
import { Receiver } from '../../test/webhooks/receiver';
import { ORGANIZATION, WebhookPlane } from '../../test/webhooks/webhook-plane';
import { SealingKey } from './sealing-key';
import { UndiciWebhookTransport } from './undici-webhook-transport';
import { WebhookRequestsController } from './webhook-requests.controller';
import { WebhookRunner } from './webhook-runner';

describe('The key that seals secrets', () => {
  const folder = temporaryFolder('sealing');
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const plain = Buffer.alloc(32, 7);

  it('is made for its owner alone, once, and read by whoever comes next', () => {
    const file = join(folder, 'deep', 'webhooks.key');
    const sealed = new SealingKey({ file }).seal(plain, 'a/b');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(new SealingKey({ file }).open(sealed, 'a/b')).toEqual(plain);
    expect(readFileSync(file, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
  });

  it('opens nothing that was changed, or that belongs to another, and seals the same text differently each time', () => {
    const key = new SealingKey({ hex: 'ab'.repeat(32), file: '' });
    const sealed = key.seal(plain, 'a/b');
    expect(key.seal(plain, 'a/b').equals(sealed)).toBe(false);
    expect(() => key.open(sealed, 'a/c')).toThrow('does not open');
    for (const place of [0, 13, sealed.length - 1]) {
      const changed = Buffer.from(sealed);
      changed[place] = (changed[place] ?? 0) ^ 1;
      expect(() => key.open(changed, 'a/b')).toThrow('does not open');
    }
  });

  it('is refused where it is damaged, and never replaced', () => {
    const file = join(folder, 'damaged.key');
    writeFileSync(file, 'nonsense');
    chmodSync(file, 0o600);
    expect(() => new SealingKey({ file }).seal(plain, 'a/b')).toThrow('64 hex digits');
    expect(readFileSync(file, 'utf8')).toBe('nonsense');
  });
});

describe('Around the deliveries', () => {
  let plane: WebhookPlane;
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await Receiver.listen();
    plane = new WebhookPlane();
  });
  afterEach(async () => {
    await plane.close();
    await receiver.close();
  });

  it('the gateway is answered with secrets that are new, and with the log of deliveries, of its organization alone', async () => {
    await plane.lead();
    const controller = new WebhookRequestsController(plane.secrets, plane.store, plane.clock);
    await plane.endpoint('whk_a', { url: receiver.url() }, { algorithm: 'v1a' });
    await plane.jobSucceeded('job_1');
    const asked = { organizationId: ORGANIZATION, endpointId: 'whk_a' };
    const [entry] = await eventually(async () => {
      const { deliveries } = await controller.deliveries({ ...asked, first: 10 });
      expect(deliveries).toMatchObject([{ phase: 'delivered', type: 'job.succeeded' }]);
      return deliveries!;
    });
    const [created] = await plane.facts('billing.webhook-whk_a');
    const { keyId, publicKey } = (created!.data as { key: { keyId: string; publicKey: string } }).key;
    expect(await controller.secret({ ...asked, keyId })).toEqual({ algorithm: 'v1a', secret: publicKey });
    const { deliveryId } = entry!;
    const found = await controller.delivery({ organizationId: ORGANIZATION, deliveryId });
    expect(found).toMatchObject({
      delivery: { deliveryId },
      body: receiver.received[0]!.body,
      attempts: [{ status: 204 }],
    });
    const strangers = { organizationId: 'other', endpointId: 'whk_a' };
    expect(await controller.secret({ ...strangers, keyId })).toMatchObject({ refusal: { code: 'NotFound' } });
    expect(await controller.deliveries({ ...strangers, first: 10 })).toEqual({ deliveries: [], hasNext: false });
    expect(await controller.delivery({ organizationId: 'other', deliveryId })).toMatchObject({
      refusal: { code: 'NotFound' },
    });
    expect(await controller.secret({ nonsense: true })).toMatchObject({ refusal: { code: 'InvalidArgument' } });
    plane.clock.advance(11 * 60_000);
    expect(await controller.secret({ ...asked, keyId })).toMatchObject({ refusal: { reason: 'WebhookSecretShown' } });
  });

  it('who leads delivers, who lost the lead stops, and who is elected again goes on', async () => {
    const { log, streams, store, secrets, clock } = plane;
    const leadership = new SoleLeadership();
    const transport = new UndiciWebhookTransport({ policy: LOCAL_POLICY });
    const random = new SeededRandom(1);
    const runner = new WebhookRunner(leadership, { log, streams, store, secrets, clock, transport, random });
    await runner.onApplicationBootstrap();
    await plane.endpoint('whk_a', { url: receiver.url() });
    await plane.jobSucceeded('job_1');
    await eventually(async () => {
      const query = { organizationId: ORGANIZATION, endpointId: 'whk_a', first: 1 };
      expect((await store.deliveries(query))[0]?.phase).toBe('delivered');
    });
    const calm = { endpoints: 1, waiting: 0, failing: 0, behind: 0 };
    await eventually(() => expect(runner.figures()).toMatchObject(calm));
    await leadership.depose();
    expect(runner.figures()).toBeUndefined();
    await plane.jobSucceeded('job_2');
    await leadership.elect();
    await eventually(() => expect(receiver.bodies()).toHaveLength(2));
    await runner.beforeApplicationShutdown();
    await transport.onApplicationShutdown();
  });
});
