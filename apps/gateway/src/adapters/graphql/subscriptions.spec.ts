import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { parseJobFile } from '../../domain/job-spec';
import { startGateway, type Harness } from '../../test/gateway-harness';

const parsed = parseJobFile({ run: 'true' });
if (!parsed.ok) throw new Error('the spec needs a job');
const { spec } = parsed;
const tenant = { organizationId: 'acme', correlationId: 'c1' };

interface Item {
  readonly type: string;
  readonly position: string;
}

describe('Subscriptions', () => {
  let gateway: Harness;
  let key: string;
  const clients: Client[] = [];
  let jobs = 0;

  beforeAll(async () => {
    gateway = await startGateway();
    key = await gateway.key('acme', 'owner');
  });
  afterAll(async () => {
    for (const client of clients) await client.dispose();
    await gateway.close();
  });

  const connect = (authorization = `Bearer ${key}`): Client => {
    const client = createClient({
      url: `${gateway.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      connectionParams: { authorization },
    });
    clients.push(client);
    return client;
  };

  /** Items until `enough` says so. */
  async function take<T = Item>(
    query: string,
    variables: Record<string, unknown>,
    enough: (items: readonly T[]) => boolean,
  ): Promise<readonly T[]> {
    const items: T[] = [];
    for await (const { data, errors } of connect().iterate<Record<string, T>>({ query, variables })) {
      if (errors) throw Object.assign(new Error('refused'), { errors });
      items.push(...Object.values(data ?? {}));
      if (enough(items)) break;
    }
    return items;
  }

  const queue = async (): Promise<string> => {
    jobs += 1;
    const jobId = `job_${'0'.repeat(14)}${String(jobs).padStart(2, '0')}`;
    await gateway.plane.queue(jobId, spec, tenant);
    return jobId;
  };

  const ON_JOB = 'subscription ($id: ID!, $after: Position) { jobEvents(id: $id, after: $after) { type position } }';
  const WHOLE = [
    'cmo.job.queued',
    'billing.budget.hold-placed',
    'drm.partition.allocation-granted',
    'cmo.job.admitted',
    'cmo.job.starting',
    'cmo.job.running',
    'cmo.job.succeeded',
    'drm.partition.allocation-released',
    'billing.account.charge-posted',
    'billing.budget.charge-counted',
    'billing.budget.hold-released',
  ];

  it('tell a job’s history and then what happens, without a gap or a repeat', async () => {
    const jobId = await queue();
    await gateway.plane.place(jobId, tenant);
    let going = false;
    const items = await take(ON_JOB, { id: jobId }, (seen) => {
      if (seen.length === 4 && !going) {
        going = true;
        void gateway.plane.start(jobId, tenant).then(() => gateway.plane.finish(jobId, tenant));
      }
      return seen.length === WHOLE.length;
    });
    expect(items.map(({ type }) => type)).toEqual(WHOLE);
  });

  it('resume after any position that was seen', async () => {
    const jobId = await queue();
    await gateway.plane.place(jobId, tenant);
    await gateway.plane.start(jobId, tenant);
    await gateway.plane.finish(jobId, tenant);
    const all = await take(ON_JOB, { id: jobId }, (seen) => seen.length === WHOLE.length);
    for (const [index, { position }] of all.slice(0, -1).entries()) {
      const rest = await take(
        ON_JOB,
        { id: jobId, after: position },
        (seen) => seen.length === WHOLE.length - index - 1,
      );
      expect(rest).toEqual(all.slice(index + 1));
    }
  });

  it('miss nothing while events come as they begin', async () => {
    const jobId = await queue();
    const running = (async () => {
      await gateway.plane.place(jobId, tenant);
      await gateway.plane.start(jobId, tenant);
      await gateway.plane.finish(jobId, tenant);
    })();
    const items = await take(ON_JOB, { id: jobId }, (seen) => seen.length === WHOLE.length);
    await running;
    expect(items.map(({ type }) => type)).toEqual(WHOLE);
  });

  it('refuse another tenant’s job', async () => {
    const theirs = 'job_0000000000rival0';
    await gateway.plane.queue(theirs, spec, { organizationId: 'rival', correlationId: 'r' });
    await expect(take(ON_JOB, { id: theirs }, () => true)).rejects.toMatchObject({
      errors: [{ extensions: { code: 'NotFound', reason: 'JobUnknown', hint: expect.any(String) } }],
    });
  });

  it('tell the organization’s events, of the types asked for', async () => {
    const jobId = await queue();
    const position = (await gateway.log.head()) - 1n;
    const seen = take(
      'subscription ($after: Position) { events(after: $after, types: ["cmo.job.", "billing."]) { type position } }',
      { after: String(position) },
      (items) => items.length === 5,
    );
    await gateway.plane.queue('job_0000000000rival1', spec, { organizationId: 'rival', correlationId: 'r' });
    await gateway.plane.place(jobId, tenant);
    await gateway.plane.start(jobId, tenant);
    expect((await seen).map(({ type }) => type)).toEqual([
      'cmo.job.queued',
      'billing.budget.hold-placed',
      'cmo.job.admitted',
      'cmo.job.starting',
      'cmo.job.running',
    ]);
  });

  it('tell nodes and offers as they change', async () => {
    const position = String(await gateway.log.head());
    await gateway.plane.node('node-7');
    await gateway.plane.offer('offer-7', '2027-01-01T00:00:00.000Z');
    const query =
      'subscription ($after: Position) { fleet(after: $after) { position node { id gpuMilliFree } offer { id } } }';
    const [node, offer] = await take<{ node: object | null; offer: object | null }>(
      query,
      { after: position },
      (items) => items.length === 2,
    );
    expect([node, offer]).toMatchObject([
      { node: { id: 'node-7', gpuMilliFree: 4000 }, offer: null },
      { node: null, offer: { id: 'offer-7' } },
    ]);
  });

  it('tell what a job prints, from anywhere, and end with the job', async () => {
    const jobId = await queue();
    const line = (sequence: number, text: string) => ({
      ...{ jobId, organizationId: 'acme', attempt: 1, rank: 0, nodeId: 'node-1', stream: 'stdout' },
      ...{ text, sequence: String(sequence), at: '2026-01-01T00:00:00.000Z' },
    });
    gateway.lines.lines.push(line(1, 'one'), line(2, 'two'));
    const query = 'subscription ($id: ID!, $after: Position) { logs(jobId: $id, after: $after) { text sequence } }';
    let finished = false;
    const items = await take<{ text: string }>(query, { id: jobId }, (seen) => {
      if (seen.length === 2 && !finished) {
        finished = true;
        gateway.lines.lines.push(line(3, 'three'));
        void gateway.plane.finish(jobId, tenant);
      }
      return false;
    });
    expect(items.map(({ text }) => text)).toEqual(['one', 'two', 'three']);
    const rest = await take<{ text: string }>(query, { id: jobId, after: '1' }, () => false);
    expect(rest.map(({ text }) => text)).toEqual(['two', 'three']);
  });

  it('refuse a wrong key, and documents that are none of theirs', async () => {
    const items = connect('Bearer slx_test_nothing').iterate({ query: 'subscription { events { id } }' });
    await expect(items.next()).rejects.toMatchObject({ code: 4403 });
    await expect(take('query { jobSchema }', {}, () => true)).rejects.toMatchObject([
      { extensions: { reason: 'InvalidRequest', correlationId: expect.stringMatching(/./) } },
    ]);
    await expect(take('subscription { nothing }', {}, () => true)).rejects.toMatchObject([
      { extensions: { code: 'InvalidArgument' } },
    ]);
  });

  it('are as resumable as server-sent events', async () => {
    const jobId = await queue();
    const from = String((await gateway.log.head()) - 1n);
    await gateway.plane.place(jobId, tenant);
    const first = await readEvents({ 'last-event-id': from }, 3);
    expect(first.map(({ event }) => event)).toEqual([
      'cmo.job.queued',
      'billing.budget.hold-placed',
      'drm.partition.allocation-granted',
    ]);
    const rest = await readEvents({ 'last-event-id': first[2]?.id ?? '' }, 1);
    expect(rest.map(({ event }) => event)).toEqual(['cmo.job.admitted']);
  });

  it('need a key as server-sent events too', async () => {
    const response = await fetch(`${gateway.url}/events`);
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 401,
      body: { code: 'Unauthenticated', hint: expect.any(String) },
    });
    const billing = await gateway.key('acme', 'viewer');
    const wrong = await fetch(`${gateway.url}/events?types=nothing.`, {
      headers: { authorization: `Bearer ${billing}` },
    });
    expect(wrong.status).toBe(400);
  });

  async function readEvents(
    headers: Record<string, string>,
    count: number,
  ): Promise<readonly { id: string; event: string }[]> {
    const leave = new AbortController();
    const response = await fetch(`${gateway.url}/events`, {
      headers: { authorization: `Bearer ${key}`, ...headers },
      signal: leave.signal,
    });
    const found: { id: string; event: string }[] = [];
    let text = '';
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    while (found.length < count) {
      const { value, done } = await reader.read();
      if (done) break;
      text += Buffer.from(value).toString();
      const parts = text.split('\n\n');
      text = parts.pop() ?? '';
      for (const part of parts) {
        const [, id, event] = /^id: (\d+)\nevent: (\S+)\n/.exec(part) ?? [];
        if (id !== undefined && event !== undefined) found.push({ id, event });
      }
    }
    leave.abort();
    return found.slice(0, count);
  }
});
