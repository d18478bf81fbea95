/* eslint-disable @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-argument -- answers are looked at as they came. */
import { eventually } from '@solyx/testing';
import { CmoCommandRefused, JobQueued } from '@solyx/contracts/cmo';
import { JobSubmitted } from '@solyx/contracts/gateway';
import { createUserKey } from '@solyx/platform';
import { startGateway, type Harness } from '../test/gateway-harness';

const at = '2026-01-01T00:00:00.000Z';
const SUBMIT = `mutation ($spec: Json!, $key: String!) { submitJob(spec: $spec, idempotencyKey: $key) { __typename
  ... on JobAck { job { id name phase sentence } position } ... on Refusal { code reason message hint details position } } }`;
const run = { run: 'true' };

describe('Requests', () => {
  let gateway: Harness;
  let key: string;
  beforeEach(async () => {
    gateway = await startGateway();
    key = await gateway.key('acme', 'owner');
  });
  afterEach(() => gateway.close());

  const submit = async (spec: object, idempotencyKey: string) =>
    (await gateway.ask(key, SUBMIT, { spec, key: idempotencyKey })).data.submitJob;
  const recorded = async (type: string): Promise<number> => {
    let count = 0;
    for await (const event of gateway.log.readAll()) if (event.type === type) count += 1;
    return count;
  };

  it('are recorded once and answered alike, however often they come', async () => {
    await gateway.plane.takeUpJobs();
    const answers = await Promise.all([1, 2, 3, 4].map(() => submit(run, 'one')));
    const later = await submit({ run: 'true', priority: 50 }, 'one');
    expect(new Set([...answers, later].map((answer) => answer.job.id)).size).toBe(1);
    expect(later.job).toMatchObject({ name: 'job', phase: 'Queued' });
    expect(await recorded(JobSubmitted.type)).toBe(1);
  });

  it('are answered with the position of their first answer, whatever has happened since', async () => {
    await gateway.plane.takeUpJobs();
    const first = await submit(run, 'one');
    const tenant = { organizationId: 'acme', correlationId: 'later' };
    await gateway.plane.place(first.job.id, tenant);
    const moved = await gateway.plane.start(first.job.id, tenant);
    const again = await submit(run, 'one');
    expect(again).toMatchObject({ job: { id: first.job.id, phase: 'Running' }, position: first.position });
    expect(BigInt(first.position)).toBeLessThan(moved);
  });

  it('are readable at once after their answer', async () => {
    await gateway.plane.takeUpJobs();
    const { job, position } = await submit(run, 'one');
    const { data } = await gateway.ask(
      key,
      'query ($id: ID!, $at: At) { job(id: $id) { phase } then: job(id: $id, at: $at) { phase } before: job(id: $id, at: { position: "0" }) { phase } }',
      { id: job.id, at: { position } },
    );
    expect(data).toEqual({ job: { phase: 'Queued' }, then: { phase: 'Queued' }, before: null });
  });

  it('refuse another input under the same key', async () => {
    await gateway.plane.takeUpJobs();
    await submit(run, 'one');
    expect(await submit({ run: 'false' }, 'one')).toMatchObject({
      __typename: 'Refusal',
      code: 'Conflict',
      reason: 'IdempotencyKeyReused',
      hint: 'Use a new key for a new request.',
    });
  });

  it('record nothing of a job file that is wrong', async () => {
    const refused = await submit({ run: 'true', resources: { memory: '1GB' }, priority: 1000 }, 'one');
    expect(refused).toMatchObject({
      code: 'InvalidArgument',
      reason: 'InvalidSpec',
      position: '-1',
      details: { field: 'resources.memory', faults: [{}, { field: 'priority' }] },
    });
    expect(refused.message).toContain('resources.memory: the unit GB');
    expect(await recorded(JobSubmitted.type)).toBe(0);
  });

  it.each([[''], ['with space'], ['x'.repeat(129)]])('refuse the idempotency key "%s"', async (text) =>
    expect(await submit(run, text)).toMatchObject({ reason: 'InvalidIdempotencyKey' }),
  );

  it('pass on what a service refuses', async () => {
    await gateway.plane.on(JobSubmitted.type, (_event, tenant) =>
      gateway.plane.record(
        'cmo.command-1',
        CmoCommandRefused({
          command: 'QueueJob',
          stream: 'cmo.job-x',
          subjectId: 'x',
          reason: 'BudgetExceeded',
          hint: 'h',
          details: { jobId: 'x' },
        }),
        tenant,
      ),
    );
    expect(await submit(run, 'one')).toMatchObject({
      __typename: 'Refusal',
      code: 'ResourceExhausted',
      reason: 'BudgetExceeded',
    });
  });

  it('answer with what is known where no service answers in time', async () => {
    const answer = await submit(run, 'one');
    expect(answer).toMatchObject({
      __typename: 'JobAck',
      job: { phase: 'Queued', sentence: expect.stringContaining('recorded') },
    });
    expect(BigInt(answer.position)).toBeGreaterThan(0n);
    expect(
      (
        await gateway.ask(
          key,
          'mutation { plan(spec: { run: "true" }, idempotencyKey: "p") { ... on Refusal { code reason position } } }',
        )
      ).data.plan,
    ).toMatchObject({ code: 'DeadlineExceeded', reason: 'NotAnsweredYet' });
  });

  it('find the job where the view has not seen it yet', async () => {
    await gateway.plane.on(JobSubmitted.type, ({ data }, tenant) => {
      const { jobId, spec } = data as JobSubmitted['data'];
      return gateway.plane.record(
        `cmo.job-${jobId}`,
        JobQueued({ jobId, requestId: 'r', organizationId: 'acme', spec, submittedBy: 's', at }),
        tenant,
      );
    });
    const { job } = await submit(run, 'one');
    await eventually(async () =>
      expect((await gateway.ask(key, `{ job(id: "${job.id}") { id } }`)).data.job).toEqual({ id: job.id }),
    );
  });
});

describe('Machines', () => {
  let gateway: Harness;
  let key: string;
  beforeAll(async () => {
    gateway = await startGateway();
    key = await gateway.key('acme', 'owner');
  });
  afterAll(() => gateway.close());

  const facts = { hostname: 'box', os: 'linux', cpuMilli: 4000, memoryMiB: 8192, gpus: [] };
  const token = async (idempotencyKey: string, minutes = 15): Promise<string> =>
    (
      await gateway.ask(
        key,
        'mutation ($key: String!, $minutes: Int!) { createJoinToken(idempotencyKey: $key, minutes: $minutes) { ... on JoinToken { token command } } }',
        { key: idempotencyKey, minutes },
      )
    ).data.createJoinToken.token;
  const post = async (path: string, body: unknown) => {
    const response = await fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  };
  const join = (text: string, publicKey = createUserKey().publicKey) =>
    post('/agents/join', { token: text, publicKey, site: 'home', region: 'eu-1', facts });

  it('join once with a token, and get the same answer when they ask again', async () => {
    const text = await token('t1');
    expect(await token('t1')).toBe(text);
    const { publicKey } = createUserKey();
    const [first, again] = [await join(text, publicKey), await join(text, publicKey)];
    expect(first).toMatchObject({
      status: 200,
      body: { organizationId: 'acme', natsUrl: 'nats://127.0.0.1:1', heartbeatSeconds: 2 },
    });
    expect(again.body['nodeId']).toBe(first.body['nodeId']);
    const requests: unknown[] = [];
    for await (const { type, data } of gateway.log.readAll())
      if (type === 'gateway.request.node-join-requested') requests.push(data);
    expect(requests).toEqual([
      expect.objectContaining({ nodeId: first.body['nodeId'], publicKey, site: 'home', facts }),
    ]);
    expect(await join(text)).toMatchObject({ status: 403, body: { reason: 'TokenSpent', hint: expect.any(String) } });
  });

  it('are refused with a token that is unknown, wrong or old', async () => {
    const never = gateway.keys.derived('join', 'never made').key;
    expect(await join(never)).toMatchObject({ status: 403, body: { reason: 'TokenUnknown' } });
    expect(await join(key)).toMatchObject({ status: 403, body: { reason: 'TokenUnknown' } });
    const old = await token('t2', 1);
    gateway.clock.advance(61_000);
    expect(await join(old)).toMatchObject({ status: 403, body: { reason: 'TokenExpired' } });
    expect(await post('/agents/join', { token: old })).toMatchObject({
      status: 400,
      body: { code: 'InvalidArgument' },
    });
    expect(await join(await token('t3'), 'not a key')).toMatchObject({ status: 400 });
  });

  it('cannot renew what this gateway did not sign', async () => {
    const proof = { jwt: 'a.b.c', at: gateway.clock.iso(), signature: 'x' };
    expect(await post('/agents/renew', proof)).toMatchObject({ status: 401, body: { reason: 'JwtUnknown' } });
  });

  it('renew while they are part of the fleet, with a proof of their key', async () => {
    const { fromSeed } = await import('nkeys.js');
    const { renewalText } = await import('@solyx/contracts');
    const { publicKey, seed } = createUserKey();
    const { body } = await join(await token('t4'), publicKey);
    const { nodeId = '', jwt = '' } = body;
    // JWTs tell real time, and so must this proof.
    gateway.clock.advance(Date.now() - gateway.clock.now());
    const now = gateway.clock.iso();
    const sign = (with_: string): string =>
      Buffer.from(fromSeed(Buffer.from(with_)).sign(Buffer.from(renewalText(jwt, now)))).toString('base64url');
    const proof = { jwt, at: now, signature: sign(seed) };
    expect(await post('/agents/renew', { ...proof, signature: sign(createUserKey().seed) })).toMatchObject({
      status: 401,
      body: { reason: 'ProofWrong' },
    });
    expect(await post('/agents/renew', { ...proof, at: at })).toMatchObject({
      status: 400,
      body: { reason: 'ProofStale' },
    });
    expect(await post('/agents/renew', proof)).toMatchObject({ status: 403, body: { reason: 'NodeGone' } });
    await gateway.plane.node(nodeId, 0, false);
    expect(await post('/agents/renew', proof)).toMatchObject({
      status: 200,
      body: { jwt: expect.any(String), expiresAt: expect.any(String) },
    });
  });
});
