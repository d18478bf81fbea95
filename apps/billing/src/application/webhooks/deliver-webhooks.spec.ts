import {
  WebhookDeletionRequested,
  WebhookRedeliveryRequested,
  WebhookReplayRequested,
  WebhookRotationRequested,
  WebhookTestRequested,
  WebhookUpdateRequested,
} from '@solyx/contracts/gateway';
import { PriceListPublished, ProviderDisputeResolved, WalletExhausted } from '@solyx/contracts/billing';
import { eventually } from '@solyx/testing';
import OpenAI from 'openai';
import { Webhook } from 'standardwebhooks';
import { RETRY_PAUSES_MS } from '../../domain/webhooks/retry';
import { Receiver } from '../../test/webhooks/receiver';
import { ORGANIZATION, WebhookPlane } from '../../test/webhooks/webhook-plane';
import { ENTRIES } from '../../test/fixtures';

const DAY = 86_400_000;

let plane: WebhookPlane;
let receiver: Receiver;
beforeEach(async () => {
  receiver = await Receiver.listen();
  plane = new WebhookPlane();
  await plane.lead();
});
afterEach(async () => {
  await plane.close();
  await receiver.close();
});

const jobsOf = (path?: string): readonly unknown[] =>
  receiver.bodies(path).map((body) => (body['data'] as { jobId: string; attempt: number }).jobId);

const phaseOf = async (endpointId: string, organizationId = ORGANIZATION) =>
  plane.store.deliveries({ organizationId, endpointId, first: 100 });

describe('Deliveries', () => {
  it('reach the endpoints of the organization that want the type, and no others', async () => {
    await plane.endpoint('whk_a', { url: receiver.url('/a') });
    await plane.endpoint('whk_b', { url: receiver.url('/b'), types: ['invoice.*'] });
    await plane.endpoint('whk_c', { url: receiver.url('/c') }, { organizationId: 'other' });
    await plane.endpoint('whk_d', { url: receiver.url('/d') }, { organizationId: 'platform' });
    const event = await plane.jobSucceeded('job_1');
    await eventually(() => expect(receiver.received.map(({ path }) => path).sort()).toEqual(['/a', '/d']));
    expect(receiver.bodies('/a')).toEqual([
      {
        id: expect.stringMatching(/^evt_/),
        type: 'job.succeeded',
        version: 1,
        timestamp: (event.data as { at: string }).at,
        organizationId: ORGANIZATION,
        resource: { kind: 'job', id: 'job_1' },
        sequence: 1,
        position: event.position.toString(),
        data: { jobId: 'job_1', attempt: 1 },
      },
    ]);
    expect(receiver.received[0]!.headers['webhook-id']).toBe(receiver.bodies('/a')[0]!['id']);
  });

  it('of what concerns everybody reach everybody who asks', async () => {
    await plane.endpoint('whk_a', { url: receiver.url('/a'), types: ['price.changed'] });
    await plane.endpoint('whk_b', { url: receiver.url('/b'), types: ['*'] }, { organizationId: 'other' });
    const effectiveFrom = '2026-01-01T00:00:00.000Z';
    const list = { priceListId: 'main', version: 1, currency: 'USD' as const, effectiveFrom, entries: ENTRIES };
    await plane.recorded('billing.priceList-main', PriceListPublished({ ...list, at: effectiveFrom }), 'platform');
    await eventually(() => expect(receiver.received.map(({ path }) => path).sort()).toEqual(['/a', '/b']));
  });

  it('are of whom the event is about, though an operator acted; what an owner earns is the owner’s alone', async () => {
    await plane.endpoint('whk_a', { url: receiver.url('/acme'), types: ['*'] });
    await plane.endpoint('whk_b', { url: receiver.url('/owner'), types: ['*'] }, { organizationId: 'owner' });
    const at = plane.clock.iso();
    const money = { simulated: false, at };
    await plane.recorded('billing.wallet-acme', WalletExhausted({ organizationId: 'acme', ...money }), 'operator');
    const resolved = { disputeId: 'd', earningId: 'e', chargeId: 'c', outcome: 'rejected', postings: [] } as const;
    const sums = { refundMicroUsd: '0', netMicroUsd: '0', feeMicroUsd: '0', heldMicroUsd: '0' };
    const data = { ...resolved, ...sums, providerId: 'owner', organizationId: 'acme', ...money };
    await plane.recorded('billing.provider-owner', ProviderDisputeResolved(data), 'operator');
    await plane.jobSucceeded('job_1');
    await eventually(() => expect(receiver.bodies('/acme').map(({ type }) => type)).toContain('job.succeeded'));
    await eventually(() => expect(receiver.received).toHaveLength(3));
    const typesOf = (path: string) => receiver.bodies(path).map(({ type }) => type);
    expect(typesOf('/acme').sort()).toEqual(['credit.exhausted', 'job.succeeded']);
    expect(typesOf('/owner')).toEqual(['dispute.resolved']);
  });

  it('are tried again with the same id and body, and hold back later events of the same resource alone', async () => {
    let failures = 2;
    receiver.answer = ({ body }) => {
      const failing = body.includes('job_poor') && failures > 0;
      if (failing) failures -= 1;
      return { status: failing ? 500 : 200 };
    };
    await plane.endpoint('whk_a', { url: receiver.url() });
    await plane.jobSucceeded('job_poor', 1);
    await plane.jobSucceeded('job_poor', 2);
    await plane.jobSucceeded('job_rich', 1);
    await eventually(() => expect(jobsOf()).toEqual(expect.arrayContaining(['job_poor', 'job_rich'])));
    await eventually(async () => {
      const poor = (await phaseOf('whk_a')).filter(({ resource }) => resource === 'job/job_poor');
      expect(poor.map(({ attempts }) => attempts)).toEqual([0, 1]);
    });
    await plane.advance('whk_a', 6_100);
    await eventually(async () => expect((await phaseOf('whk_a')).map(({ attempts }) => attempts)).toEqual([1, 0, 2]));
    await plane.advance('whk_a', 400_000);
    await eventually(() => expect(jobsOf().filter((job) => job === 'job_poor')).toHaveLength(4));
    const poor = receiver.received.filter(({ body }) => body.includes('job_poor'));
    expect(new Set(poor.slice(0, 3).map(({ body }) => body)).size).toBe(1);
    expect(new Set(poor.slice(0, 3).map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(JSON.parse(poor[3]!.body)).toMatchObject({ sequence: 2, data: { attempt: 2 } });
  });

  it('of a strict endpoint wait for the one before, whatever it is about', async () => {
    let status = 500;
    receiver.answer = () => ({ status });
    await plane.endpoint('whk_a', { url: receiver.url(), ordering: 'fifo' });
    for (let n = 1; n <= 5; n += 1) await plane.jobSucceeded(`job_${n}`);
    await eventually(async () => expect((await phaseOf('whk_a')).at(-1)?.attempts).toBe(1));
    expect(jobsOf()).toEqual(['job_1']);
    status = 200;
    await plane.advance('whk_a', 6_100);
    await eventually(() => expect(jobsOf()).toEqual(['job_1', 'job_1', 'job_2', 'job_3', 'job_4', 'job_5']));
  });

  it('to one endpoint are not delayed by another that never answers', async () => {
    let letGo: () => void = () => undefined;
    const when = new Promise<void>((resolve) => (letGo = resolve));
    receiver.answer = ({ path }) => (path === '/slow' ? { status: 200, when } : { status: 200 });
    await plane.endpoint('whk_slow', { url: receiver.url('/slow') });
    await plane.endpoint('whk_fast', { url: receiver.url('/fast') });
    for (let n = 1; n <= 100; n += 1) await plane.jobSucceeded(`job_${n}`);
    await eventually(() => expect(jobsOf('/fast')).toHaveLength(100));
    expect(jobsOf('/slow').length).toBeLessThanOrEqual(16);
    letGo();
    await eventually(() => expect(new Set(jobsOf('/slow')).size).toBe(100));
  });

  it('go on after a new process took over: nothing is lost, and what was stored is not sent again', async () => {
    await plane.endpoint('whk_a', { url: receiver.url() });
    await plane.jobSucceeded('job_1');
    await eventually(async () => expect((await phaseOf('whk_a'))[0]?.phase).toBe('delivered'));
    await plane.cede();
    await plane.jobSucceeded('job_2');
    await plane.lead();
    await eventually(() => expect(jobsOf()).toEqual(['job_1', 'job_2']));
  });

  it('end after ten attempts; what comes next is tried all the same', async () => {
    receiver.answer = () => ({ status: 500 });
    await plane.endpoint('whk_a', { url: receiver.url() });
    await plane.jobSucceeded('job_1');
    for (const [index, pause] of RETRY_PAUSES_MS.entries()) {
      await eventually(async () => expect((await phaseOf('whk_a'))[0]?.attempts).toBe(index + 1));
      await plane.advance('whk_a', pause * 1.25);
    }
    await eventually(async () => expect((await phaseOf('whk_a'))[0]).toMatchObject({ phase: 'failed', attempts: 10 }));
    receiver.answer = () => ({ status: 200 });
    await plane.jobSucceeded('job_1', 2);
    await eventually(async () =>
      expect((await phaseOf('whk_a'))[0]).toMatchObject({ phase: 'delivered', attempts: 1 }),
    );
  });

  it('that fail for five days end the endpoint, after three notices; 410 ends it at once', async () => {
    receiver.answer = () => ({ status: 500 });
    await plane.endpoint('whk_a', { url: receiver.url() });
    const noted = async () =>
      (await plane.facts('billing.webhook-whk_a'))
        .filter(({ type }) => /failing|disabled/.test(type))
        .map(({ data }) => data as { days?: number; cause?: string })
        .map(({ days, cause }) => days ?? cause);
    const expected: unknown[] = [];
    for (const [index, notices] of [[], [1], [3], [5, 'failing']].entries()) {
      await plane.jobSucceeded(`job_${index}`);
      expected.push(...notices);
      if (index === 0) await eventually(async () => expect((await phaseOf('whk_a'))[0]?.attempts).toBe(1));
      await eventually(async () => expect(await noted()).toEqual(expected));
      plane.clock.advance([1, 2, 2, 0][index]! * DAY);
    }
    receiver.answer = () => ({ status: 410 });
    await plane.endpoint('whk_b', { url: receiver.url('/b') });
    await plane.jobSucceeded('job_gone');
    await eventually(async () => {
      const [last] = (await plane.facts('billing.webhook-whk_b')).slice(-1);
      expect(last).toMatchObject({ type: 'billing.webhook.disabled', data: { cause: 'gone', lastStatus: 410 } });
    });
  });

  it('are kept with what was sent and what came back, sixteen thousand characters of it', async () => {
    receiver.answer = () => ({ status: 200, body: 'x'.repeat(100_000), headers: { 'x-kept': 'yes' } });
    await plane.endpoint('whk_a', { url: receiver.url() });
    await plane.jobSucceeded('job_1');
    await eventually(async () => expect((await phaseOf('whk_a'))[0]?.phase).toBe('delivered'));
    const [entry] = await phaseOf('whk_a');
    const found = await plane.store.delivery(ORGANIZATION, entry!.deliveryId);
    expect(found?.body).toBe(receiver.received[0]!.body);
    const [attempt] = found!.attempts;
    expect(attempt).toMatchObject({ attempt: 1, status: 200, responseHeaders: { 'x-kept': 'yes' } });
    expect(attempt!.responseBody).toHaveLength(16_384);
    expect(attempt!.requestHeaders['webhook-signature']).toMatch(/^v1,.{9}…$/);
    expect(await plane.store.delivery('other', entry!.deliveryId)).toBeUndefined();
  });
});

describe('What its owner asks for', () => {
  it('a test is sent whatever types were chosen', async () => {
    await plane.endpoint('whk_a', { url: receiver.url(), types: ['invoice.*'] });
    await plane.ask(WebhookTestRequested(plane.asked('whk_a', {})));
    await eventually(() => expect(receiver.bodies()).toMatchObject([{ type: 'webhook.test' }]));
  });

  it('deliveries are sent once more, by name or by time, under their own ids', async () => {
    await plane.endpoint('whk_a', { url: receiver.url() });
    const from = plane.clock.iso();
    await plane.jobSucceeded('job_1');
    await plane.jobSucceeded('job_2');
    await eventually(() => expect(jobsOf()).toHaveLength(2));
    const [second] = await phaseOf('whk_a');
    const selection = { deliveryIds: [second!.deliveryId] };
    await plane.ask(WebhookRedeliveryRequested(plane.asked('whk_a', { selection })));
    await eventually(() => expect(jobsOf()).toEqual(['job_1', 'job_2', 'job_2']));
    plane.clock.advance(1_000);
    const range = { from, to: plane.clock.iso(), failedOnly: false };
    await plane.ask(WebhookRedeliveryRequested(plane.asked('whk_a', { selection: { range } })));
    await eventually(() => expect(jobsOf()).toHaveLength(6));
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids).size).toBe(2);
  });

  it('the log is replayed from a position, also what was before the endpoint', async () => {
    const first = await plane.jobSucceeded('job_1');
    for (let n = 2; n <= 400; n += 1) await plane.jobSucceeded(`job_${n}`);
    await plane.endpoint('whk_a', { url: receiver.url() });
    const fromPosition = (first.position + 1n).toString();
    await plane.ask(WebhookReplayRequested(plane.asked('whk_a', { fromPosition })));
    await eventually(() => expect(new Set(jobsOf()).size).toBe(399));
    await plane.jobSucceeded('job_live');
    await eventually(() => expect(jobsOf()).toContain('job_live'));
    expect(jobsOf()).not.toContain('job_1');
  });

  it('a stopped endpoint keeps what waits, goes on with it, and a deleted one cancels it', async () => {
    receiver.answer = () => ({ status: 500 });
    await plane.endpoint('whk_a', { url: receiver.url() });
    await plane.jobSucceeded('job_1');
    await eventually(async () => expect((await phaseOf('whk_a'))[0]?.attempts).toBe(1));
    await plane.ask(WebhookUpdateRequested(plane.asked('whk_a', { enabled: false })));
    receiver.answer = () => ({ status: 200 });
    plane.clock.advance(10_000);
    await plane.jobSucceeded('job_unheard');
    await plane.ask(WebhookUpdateRequested(plane.asked('whk_a', { enabled: true, url: receiver.url('/new') })));
    await eventually(() => expect(jobsOf('/new')).toEqual(['job_1']));
    receiver.answer = () => ({ status: 500 });
    await plane.jobSucceeded('job_2');
    await eventually(async () => expect((await phaseOf('whk_a'))[0]?.attempts).toBe(1));
    await plane.ask(WebhookDeletionRequested(plane.asked('whk_a', {})));
    await eventually(async () => expect((await phaseOf('whk_a'))[0]?.phase).toBe('cancelled'));
    await expect(plane.secrets.load('whk_a', ['key_1'])).rejects.toMatchObject({ code: 'NotFound' });
  });
});

describe('Signatures', () => {
  const secretOf = async (endpointId: string, index: number): Promise<string> => {
    const facts = await plane.facts(`billing.webhook-${endpointId}`);
    const keys = facts.map(({ data }) => (data as { key?: { keyId: string } }).key).filter((key) => key !== undefined);
    const { secret } = await plane.secrets.show({
      ...{ organizationId: ORGANIZATION, endpointId, keyId: keys[index]!.keyId, at: plane.clock.iso() },
    });
    return secret;
  };
  const verify = (secret: string, { body, headers }: (typeof receiver.received)[number]): unknown =>
    new Webhook(secret).verify(body, headers as Record<string, string>);

  it('are accepted by standardwebhooks and by the client of openai, and by neither once changed', async () => {
    await plane.endpoint('whk_a', { url: receiver.url() });
    await plane.jobSucceeded('job_1');
    await eventually(() => expect(receiver.received).toHaveLength(1));
    const secret = await secretOf('whk_a', 0);
    const [got] = receiver.received;
    expect(verify(secret, got!)).toMatchObject({ type: 'job.succeeded' });
    const client = new OpenAI({ apiKey: 'none', webhookSecret: secret });
    const headers = got!.headers as Record<string, string>;
    await expect(client.webhooks.unwrap(got!.body, headers)).resolves.toMatchObject({ type: 'job.succeeded' });
    const changed = { ...got!, body: got!.body.replace('job_1', 'job_2') };
    expect(() => verify(secret, changed)).toThrow();
    await expect(client.webhooks.unwrap(changed.body, headers)).rejects.toThrow();
  });

  it('verify with the old and the new secret during a rotation, each of them, and with the new one alone after it', async () => {
    await plane.endpoint('whk_a', { url: receiver.url() });
    const old = await secretOf('whk_a', 0);
    const rotation = plane.asked('whk_a', { overlapSeconds: 86_400 });
    for (let n = 1; n <= 40; n += 1) {
      if (n === 20) await plane.ask(WebhookRotationRequested(rotation));
      await plane.jobSucceeded(`job_${n}`);
    }
    await eventually(() => expect(receiver.received).toHaveLength(40));
    for (const got of receiver.received) expect(verify(old, got)).toMatchObject({ type: 'job.succeeded' });
    const fresh = await secretOf('whk_a', 1);
    const both = receiver.received.filter(({ headers }) => String(headers['webhook-signature']).includes(' '));
    expect(both.length).toBeGreaterThan(0);
    for (const got of both) expect(verify(fresh, got)).toMatchObject({ type: 'job.succeeded' });
    await plane.ask(WebhookRotationRequested(plane.asked('whk_a', { overlapSeconds: 0 })));
    const newest = await secretOf('whk_a', 2);
    await eventually(async () => {
      receiver.received.length = 0;
      await plane.jobSucceeded('job_after');
      await eventually(() => expect(receiver.received.length).toBeGreaterThan(0));
      expect(verify(newest, receiver.received[0]!)).toMatchObject({ type: 'job.succeeded' });
      expect(() => verify(old, receiver.received[0]!)).toThrow();
      expect(() => verify(fresh, receiver.received[0]!)).toThrow();
    });
  });

  it('are shown for ten minutes, to their owner', async () => {
    await plane.endpoint('whk_a', { url: receiver.url() });
    expect(await secretOf('whk_a', 0)).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    plane.clock.advance(11 * 60_000);
    await expect(secretOf('whk_a', 0)).rejects.toMatchObject({ reason: 'WebhookSecretShown' });
  });
});
