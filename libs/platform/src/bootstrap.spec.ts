import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { connect, credsAuthenticator } from 'nats';
import { Client } from 'pg';
import { launchNats, temporaryFolder, withPostgres } from '@solyx/testing';
import { hashKey, parseKey } from './api-key';
import { prepare, prepareDatabase, type BootstrapFacts } from './bootstrap';
import { SERVICES } from './nats-permissions';

describe('the bootstrap', () => {
  const postgres = withPostgres();
  let dataDir: string;
  beforeEach(() => {
    dataDir = temporaryFolder('bootstrap');
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  const facts = (): BootstrapFacts => ({
    dataDir,
    ports: {
      http: 1,
      nats: 2,
      postgres: Number(new URL(postgres.url).port),
      eventstore: 4,
      health: { drm: 5, agent: 6, eventstore: 7 },
    },
    services: SERVICES,
    simulated: true,
  });
  const within = async <T>(url: string | undefined, work: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client(url ?? '');
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };

  it('makes secrets once and says the same at each start', async () => {
    const first = await prepare(facts());
    const creds = path.join(dataDir, 'agent', 'nats.creds');
    const fresh = await prepare(facts());
    expect(fresh.env['agent']?.['SOLYX_AGENT_JOIN_TOKEN']).not.toBe(first.env['agent']?.['SOLYX_AGENT_JOIN_TOKEN']);
    mkdirSync(path.dirname(creds), { recursive: true });
    writeFileSync(creds, 'joined');
    const second = await prepare(facts());
    expect(second.env['drm']).toEqual(first.env['drm']);
    expect(second.env['agent']).not.toHaveProperty('SOLYX_AGENT_JOIN_TOKEN');
    expect(Object.keys(second.env['gateway'] ?? {}).filter((name) => name.includes('JOIN_TOKEN'))).toEqual([]);
  });

  it('gives the gateway only hashes of the key and of the token', async () => {
    const { env } = await prepare(facts());
    const gateway = env['gateway'] ?? {};
    const { apiKey } = JSON.parse(readFileSync(path.join(dataDir, 'credentials.json'), 'utf8')) as { apiKey: string };
    const pepper = gateway['SOLYX_GATEWAY_KEY_PEPPER'] ?? '';
    expect(parseKey(apiKey)).toEqual({ kind: 'test', id: gateway['SOLYX_GATEWAY_BOOTSTRAP_KEY_ID'] });
    expect(gateway['SOLYX_GATEWAY_BOOTSTRAP_KEY_HASH']).toBe(hashKey(apiKey, pepper));
    const token = env['agent']?.['SOLYX_AGENT_JOIN_TOKEN'] ?? '';
    expect(gateway['SOLYX_GATEWAY_BOOTSTRAP_JOIN_TOKEN_HASH']).toBe(hashKey(token, pepper));
    expect(JSON.stringify(gateway)).not.toContain(apiKey);
    expect(JSON.stringify(gateway)).not.toContain(token);
  });

  it('writes files that only their owner reads', async () => {
    await prepare(facts());
    const files = readdirSync(dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(8);
    for (const file of files) expect(statSync(path.join(file.parentPath, file.name)).mode & 0o777).toBe(0o600);
  });

  it('refuses a damaged secrets file instead of making new keys', async () => {
    await prepare(facts());
    writeFileSync(path.join(dataDir, 'secrets.json'), '{"nats":');
    await expect(prepare(facts())).rejects.toThrow(/secrets.json is not JSON/);
  });

  it('gives each service a schema that no other role can read', async () => {
    const { env } = await prepare(facts());
    await prepareDatabase({ dataDir, postgresUrl: postgres.url });
    const drm = env['drm']?.['SOLYX_DRM_POSTGRES_URL'];
    const billing = env['billing']?.['SOLYX_BILLING_POSTGRES_URL'];
    await within(drm, (client) => client.query('CREATE TABLE IF NOT EXISTS secret (id integer)'));
    const where = await within(drm, (client) =>
      client.query("SELECT schemaname FROM pg_tables WHERE tablename = 'secret'"),
    );
    expect(where.rows).toEqual([{ schemaname: 'drm' }]);
    await expect(within(billing, (client) => client.query('SELECT * FROM drm.secret'))).rejects.toThrow(/permission/);
    await expect(within(billing, (client) => client.query('CREATE TABLE public.x ()'))).rejects.toThrow(/permission/);
    await expect(within(billing, (client) => client.query('CREATE SCHEMA x'))).rejects.toThrow(/permission/);
  });

  it('writes a configuration that nats-server starts with and creds that it admits', async () => {
    const { natsConfigPath, env } = await prepare(facts());
    const nats = await launchNats(() => readFileSync(natsConfigPath, 'utf8'));
    try {
      const creds = readFileSync(env['sdn']?.['SOLYX_SDN_NATS_CREDS'] ?? '');
      const connection = await connect({ servers: nats.url, authenticator: credsAuthenticator(creds) });
      expect(connection.info?.jetstream).toBe(true);
      await connection.close();
    } finally {
      await nats.stop();
    }
  });

  it('says what is simulated, and never hides it', async () => {
    const shown = (await prepare(facts())).welcome({ url: 'http://127.0.0.1:1', readyMs: 900, dataDir });
    expect(shown).toMatch(/64 SIMULATED GPUs/);
    const none = (await prepare({ ...facts(), simulated: false })).welcome({ url: 'u', readyMs: 900, dataDir });
    expect(none).toMatch(/nothing is simulated/);
  });
});
