import { eventually, withEventStore, withNats, withPostgres } from '@solyx/testing';
import type { RunningService } from '@solyx/platform';

const load: (path: string) => unknown = require;
const PEPPER = 'cd'.repeat(32);

describe('The gateway over real servers', () => {
  let service: RunningService | undefined;
  // Before the servers' own ends: what drains needs them.
  afterAll(() => service?.drain());
  const postgres = withPostgres();
  const nats = withNats();
  const store = withEventStore(() => postgres.url);

  it('comes up with its first key, records a request, and shows what its views fold', async () => {
    const { composeKey, hashKey, randomText, readConfig, startService } = await import('@solyx/platform');
    const keyId = randomText(12);
    const key = composeKey('test', keyId, randomText(32));
    Object.assign(process.env, {
      SOLYX_EVENTSTORE_URL: store.url,
      SOLYX_NATS_URL: nats.url,
      SOLYX_GATEWAY_POSTGRES_URL: postgres.url,
      SOLYX_GATEWAY_KEY_PEPPER: PEPPER,
      SOLYX_GATEWAY_BOOTSTRAP_ORGANIZATION: 'demo',
      SOLYX_GATEWAY_BOOTSTRAP_KEY_ID: keyId,
      SOLYX_GATEWAY_BOOTSTRAP_KEY_HASH: hashKey(key, PEPPER),
      SOLYX_LOG_LEVEL: 'silent',
    });
    // Read late: the configuration is what the environment says when it is loaded.
    const { GatewayModule, gatewayContext } = load('./gateway.module') as typeof import('./gateway.module');
    const { config } = load('./config') as typeof import('./config');
    expect(readConfig('gateway', {}, process.env).eventStoreUrl).toBe(store.url);
    service = await startService(GatewayModule, gatewayContext, config);
    const { url } = service;
    const ask = async (query: string): Promise<unknown> => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ query }),
      });
      return response.json();
    };
    // A slow machine shows the key late: views follow the log.
    await eventually(async () =>
      expect(await ask('{ apiKeys { id name roles phase } }')).toMatchObject({
        data: { apiKeys: [{ id: keyId, roles: ['owner', 'operator'], phase: 'Active' }] },
      }),
    );
    const retried = await ask('mutation { retryParked(context: "gateway", idempotencyKey: "k") { __typename } }');
    expect(retried).toMatchObject({ data: { retryParked: { __typename: 'Ack' } } });
    expect(await ask('{ events(types: ["gateway.request."]) { edges { node { type } } } }')).toMatchObject({
      data: { events: { edges: [{ node: { type: 'gateway.request.parked-retry-requested' } }] } },
    });
    const verify =
      'mutation { verifyReplay(idempotencyKey: "v") { ... on Verification { complete same missing views { context view same } } } }';
    await eventually(async () =>
      expect(await ask(verify)).toMatchObject({
        data: { verifyReplay: { complete: false, same: true, missing: ['drm', 'cmo', 'sdn', 'billing', 'optimizer'] } },
      }),
    );
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    const others = ['drm', 'cmo', 'sdn', 'billing', 'optimizer'].map((name) => ({ name, status: 'no answer' }));
    const well = ['event store', 'views', 'gateway'].map((name) => ({ name, status: 'ok' }));
    await eventually(async () =>
      expect(await ask('{ doctor { eventStoreVersion services { name status } } }')).toEqual({
        data: { doctor: { eventStoreVersion: expect.stringMatching(/^\d+\.\d+/), services: [...well, ...others] } },
        extensions: expect.anything(),
      }),
    );
  });
});
