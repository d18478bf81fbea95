/* eslint-disable @typescript-eslint/no-unsafe-member-access -- answers are looked at as they came. */
import fc from 'fast-check';
import { buildSchema } from 'graphql';
import { SolyxError } from '@solyx/kernel';
import { startGateway, type GraphqlAnswer, type Harness } from '../../test/gateway-harness';
import { DocumentLimits } from './document-limits';
import { readSdl } from './schema';

const first = ({ errors, status }: GraphqlAnswer) => ({ status, ...errors[0]?.extensions });

describe('The door of the gateway', () => {
  let gateway: Harness;
  let key: string;

  beforeAll(async () => {
    gateway = await startGateway({
      rates: {
        query: { perSecond: 1_000, burst: 5_000 },
        mutation: { perSecond: 1, burst: 3 },
        subscription: { perSecond: 1, burst: 2 },
      },
    });
    key = await gateway.key('acme', 'owner');
  });
  afterAll(() => gateway.close());

  const post = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
      body,
    });

  it.each([
    ['no key', undefined, 'KeyMissing'],
    ['something else', 'hello', 'KeyMalformed'],
    ['a typing mistake', 'slx_test_000000000000_000000000000000000000000000000000000AA', 'KeyMalformed'],
  ])('refuses %s', async (_what, text, reason) =>
    expect(first(await gateway.ask(text, '{ jobSchema }'))).toMatchObject({
      status: 401,
      code: 'Unauthenticated',
      reason,
    }),
  );

  it('refuses a well-formed key that it never made, a revoked and an expired one', async () => {
    const unknown = gateway.keys.fresh('live', gateway.keys.idFor('never made'));
    expect(first(await gateway.ask(unknown, '{ jobSchema }'))).toMatchObject({ status: 401, reason: 'KeyUnknown' });
    const made = await gateway.ask(
      key,
      'mutation { createApiKey(name: "x", roles: ["viewer"], days: 1, idempotencyKey: "k") { ... on NewApiKey { id key } } }',
    );
    const { id, key: text } = made.data.createApiKey as { id: string; key: string };
    expect((await gateway.ask(text, '{ jobSchema }')).status).toBe(200);
    await gateway.ask(key, `mutation { revokeApiKey(id: "${id}", idempotencyKey: "r") { __typename } }`);
    gateway.clock.advance(3_000);
    expect(first(await gateway.ask(text, '{ jobSchema }'))).toMatchObject({ status: 401, reason: 'KeyRevoked' });
  });

  it('shows its schema to those who are signed in', async () => {
    const { data } = await gateway.ask(key, '{ __schema { queryType { name } } }');
    expect(data.__schema.queryType.name).toBe('Query');
    expect((await gateway.ask(undefined, '{ __schema { queryType { name } } }')).status).toBe(401);
  });

  it.each([
    ['depth', `{ why(jobId: "x") ${'{ path '.repeat(13)} { type } ${'}'.repeat(13)} }`, 'QueryTooLarge'],
    [
      'aliases',
      `{ ${Array.from({ length: 31 }, (_one, index) => `a${index}: jobSchema`).join(' ')} }`,
      'QueryTooLarge',
    ],
    ['tokens', `{ ${'jobSchema '.repeat(2_001)} }`, 'QueryTooLarge'],
    ['length', `{ jobSchema } #${'x'.repeat(70_000)}`, 'QueryTooLarge'],
    [
      'cost',
      '{ a: jobs(first: 100) { edges { node { shares { nodeId } } } } b: jobs(first: 100) { edges { node { shares { nodeId } } } } c: jobs(first: 100) { edges { node { shares { nodeId } } } } }',
      'QueryTooLarge',
    ],
    ['two operations', 'query a { jobSchema } query b { jobSchema }', 'NotOneOperation'],
    ['a cyclic fragment', '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }', 'CyclicFragment'],
    ['broken syntax', '{ jobs(', 'SyntaxError'],
    ['an unknown field', '{ jbos { id } }', 'InvalidQuery'],
    ['a subscription', 'subscription { events { id } }', 'InvalidRequest'],
  ])('refuses too much or wrong: %s', async (_what, document, reason) => {
    const answer = await gateway.ask(key, document);
    expect(first(answer)).toMatchObject({ status: 400, code: 'InvalidArgument', reason });
    expect(answer.errors[0]?.extensions).toMatchObject({ hint: expect.any(String), correlationId: expect.any(String) });
  });

  it('refuses fragments that double with each level', async () => {
    const parts = Array.from(
      { length: 40 },
      (_one, index) => `fragment f${index} on Query { ...f${index + 1} ...f${index + 1} }`,
    );
    const answer = await gateway.ask(key, `{ ...f0 } ${parts.join(' ')} fragment f40 on Query { jobSchema }`);
    expect(first(answer)).toMatchObject({ status: 400, reason: 'QueryTooLarge' });
  });

  it('refuses a page outside 1 to 100', async () => {
    for (const size of [0, 101, -1]) {
      const answer = await gateway.ask(key, `{ jobs(first: ${size}) { position } }`);
      expect(first(answer)).toMatchObject({ code: 'InvalidArgument', reason: 'InvalidPage' });
    }
  });

  it('tells what a query costs, and how much is left', async () => {
    const { extensions, headers } = await gateway.ask(key, '{ jobs(first: 10) { edges { node { id } } } }');
    expect(extensions).toMatchObject({ cost: { requested: 11 } });
    expect(headers.get('ratelimit-limit')).toBe('5000');
    expect(Number(headers.get('ratelimit-remaining'))).toBeLessThan(5_000);
  });

  it('refuses what another site’s page could have sent', async () => {
    const plain = await post('{"query":"{ jobSchema }"}', { 'content-type': 'text/plain' });
    expect(plain.status).toBeGreaterThanOrEqual(400);
    const get = await fetch(`${gateway.url}/graphql?query=${encodeURIComponent('{ jobSchema }')}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(get.status).toBe(400);
  });

  it('takes queries by GET, mutations by POST alone', async () => {
    const ask = (document: string) =>
      fetch(`${gateway.url}/graphql?query=${encodeURIComponent(document)}`, {
        headers: { authorization: `Bearer ${key}`, 'x-solyx-client': 'spec' },
      });
    expect((await ask('{ jobs { position } }')).status).toBe(200);
    const refused = await ask('mutation { retryParked(context: "drm", idempotencyKey: "g") { __typename } }');
    expect({ status: refused.status, body: await refused.json() }).toMatchObject({
      status: 400,
      body: { errors: [{ extensions: { reason: 'InvalidRequest' } }] },
    });
  });

  it.each([['[]'], ['"x"'], ['{}'], ['{"query":7}'], ['{"query":"{ jobSchema }","variables":[]}'], ['{']])(
    'refuses the body %s',
    async (body) => {
      const response = await post(body);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'InvalidArgument' } }] });
    },
  );

  it('refuses a body of more than 256 kB', async () => {
    const response = await post(JSON.stringify({ query: '{ jobSchema }', variables: { x: 'x'.repeat(300_000) } }));
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 413,
      body: { errors: [{ extensions: { reason: 'BodyTooLarge' } }] },
    });
  });

  it('slows down who asks too much, and says when to come back', async () => {
    const busy = await gateway.key('busy', 'owner');
    const answers: GraphqlAnswer[] = [];
    for (const time of [1, 2, 3, 4]) {
      answers.push(
        await gateway.ask(
          busy,
          'mutation ($key: String!) { retryParked(context: "drm", idempotencyKey: $key) { __typename } }',
          { key: `k${time}` },
        ),
      );
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    const refused = answers[3];
    expect(refused && first(refused)).toMatchObject({ code: 'ResourceExhausted', reason: 'RateLimited' });
    expect(refused?.headers.get('retry-after')).toBe('1');
    expect((await gateway.ask(busy, '{ jobs { position } }')).status).toBe(200);
    gateway.clock.advance(1_000);
    expect(
      (await gateway.ask(busy, 'mutation { retryParked(context: "drm", idempotencyKey: "k5") { __typename } }')).status,
    ).toBe(200);
  });

  it('says where things are', async () => {
    const get = async (path: string) => (await fetch(`${gateway.url}${path}`)).text();
    expect(JSON.parse(await get('/'))).toMatchObject({ endpoints: { '/graphql': expect.any(String) } });
    expect(await get('/schema.graphql')).toBe(readSdl());
    expect(JSON.parse(await get('/schemas/job.json'))).toMatchObject({ title: 'Solyx job file' });
  });
});

describe('Limits of documents', () => {
  const limits = new DocumentLimits(buildSchema(readSdl()));

  it('measure or refuse any text, and throw nothing else', () => {
    const word = fc.constantFrom(
      '{',
      '}',
      '(',
      ')',
      '...',
      'jobs',
      'edges',
      'node',
      'on',
      'fragment',
      'query',
      'a:',
      'first:',
      '$x',
      '"',
      '9',
      '!',
      '@skip',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(word, { maxLength: 60 }).map((words) => words.join(' ')),
    );
    fc.assert(
      fc.property(text, (document) => {
        try {
          return limits.measure(document).cost({}) >= 0;
        } catch (error) {
          return error instanceof SolyxError && error.code === 'InvalidArgument';
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('count a page as large as its variable says', () => {
    const measured = limits.measure('query ($first: Int = 10) { jobs(first: $first) { edges { node { id } } } }');
    expect([measured.cost({}), measured.cost({ first: 100 })]).toEqual([11, 101]);
    expect(() => measured.cost({ first: 100_000 })).toThrow('cost');
  });
});
