import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { hashKey, newKey, randomText } from './api-key';
import { prepareRoles, roleUrl } from './database-roles';
import { agentSignerOf, createNatsKeys, natsServerConfig, serviceCreds, type NatsKeys } from './nats-identity';
import { SERVICES } from './nats-permissions';
import { readOrMake, writeSecret, writeSecretJson } from './secret-files';
import { welcome, type WelcomeFacts } from './welcome';

const ORGANIZATION = 'demo';
const JOIN_WITHIN_MS = 15 * 60_000;
const SCHEMAS = [...SERVICES, 'eventstore'] as const;

export interface Ports {
  readonly http: number;
  readonly nats: number;
  readonly postgres: number;
  readonly eventstore: number;
  /** Port of /live, /ready and /metrics, by service, and of `agent` and `eventstore`. */
  readonly health: Readonly<Record<string, number>>;
}

export interface NatsFacts {
  /** Absolute. */
  readonly dataDir: string;
  readonly ports: Pick<Ports, 'nats'>;
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly caFile?: string };
}

export interface BootstrapFacts extends NatsFacts {
  readonly ports: Ports;
  readonly services: readonly string[];
  readonly simulated: boolean;
}

export type Environment = Readonly<Record<string, string>>;

export interface Prepared {
  readonly natsConfigPath: string;
  /** One entry for each service, and for `eventstore` and `agent`. */
  readonly env: Readonly<Record<string, Environment>>;
  welcome(facts: WelcomeFacts): string;
}

interface Secrets {
  readonly nats: NatsKeys;
  readonly passwords: Readonly<Record<(typeof SCHEMAS)[number], string>>;
  readonly pepper: string;
  readonly apiKey: { readonly id: string; readonly key: string };
}

/** Everything that is made by chance, once. Whoever reads this file owns the installation. */
const secretsOf = (dataDir: string): Secrets =>
  readOrMake<Secrets>(path.join(dataDir, 'secrets.json'), () => ({
    nats: createNatsKeys(),
    passwords: Object.fromEntries(SCHEMAS.map((name) => [name, randomText(32)])) as Secrets['passwords'],
    pepper: randomBytes(32).toString('hex'),
    apiKey: newKey('test'),
  }));

const inNats = (dataDir: string, ...names: readonly string[]): string => path.join(dataDir, 'nats', ...names);
const credsPath = (dataDir: string, service: string): string => inNats(dataDir, 'creds', `${service}.creds`);
const signerPath = (dataDir: string): string => inNats(dataDir, 'agent-signer.json');
const agentDir = (dataDir: string): string => path.join(dataDir, 'agent');

/** Keys, JWTs and the configuration of nats-server. Rights follow this version of the code, keys stay as they are. */
export async function prepareNats({ dataDir, ports, tls }: NatsFacts): Promise<{ readonly natsConfigPath: string }> {
  const { nats } = secretsOf(dataDir);
  const natsConfigPath = inNats(dataDir, 'nats.conf');
  const options = { port: ports.nats, storeDir: inNats(dataDir, 'jetstream'), ...(tls ? { tls } : {}) };
  writeSecret(natsConfigPath, natsServerConfig(nats, options));
  for (const service of SERVICES) writeSecret(credsPath(dataDir, service), serviceCreds(nats, service));
  writeSecretJson(signerPath(dataDir), agentSignerOf(nats));
  return { natsConfigPath };
}

/** Roles, schemas and passwords in PostgreSQL, which must answer; the address is a superuser's. */
export const prepareDatabase = (facts: { readonly dataDir: string; readonly postgresUrl: string }): Promise<void> =>
  prepareRoles(facts.postgresUrl, secretsOf(facts.dataDir).passwords);

/**
 * All that the processes of one installation need to find, know and be allowed to reach each other. Needs no server, so
 * that everything may load while the servers start; `prepareDatabase` follows once PostgreSQL answers.
 */
export async function prepare(facts: BootstrapFacts): Promise<Prepared> {
  const { dataDir, ports, simulated } = facts;
  const secrets = secretsOf(dataDir);
  const { natsConfigPath } = await prepareNats(facts);
  const url = `http://127.0.0.1:${ports.http}`;
  const { key } = secrets.apiKey;
  writeSecretJson(path.join(dataDir, 'credentials.json'), { url, apiKey: key, organizationId: ORGANIZATION });
  const join = joinToken(facts, secrets.pepper);
  const env: Record<string, Environment> = {
    eventstore: eventStoreEnvironment(facts, secrets),
    agent: { ...agentEnvironment(facts, url), ...join.agent },
  };
  for (const service of facts.services) env[service] = serviceEnvironment(facts, secrets, service);
  env['gateway'] = { ...env['gateway'], ...gatewayEnvironment(facts, secrets, url), ...join.gateway };
  env['billing'] = { ...env['billing'], ...billingEnvironment(dataDir) };
  env['drm'] = { ...env['drm'], SOLYX_DRM_SIMULATED_FLEET: String(simulated) };
  return { natsConfigPath, env, welcome: (shown) => welcome({ ...shown, apiKey: key, simulated }) };
}

const natsUrl = ({ ports, tls }: BootstrapFacts): string => `${tls ? 'tls' : 'nats'}://127.0.0.1:${ports.nats}`;
const caOf = ({ tls }: BootstrapFacts): Environment => (tls?.caFile === undefined ? {} : { SOLYX_NATS_CA: tls.caFile });
const postgresUrl = ({ ports }: Pick<BootstrapFacts, 'ports'>): string => `postgres://127.0.0.1:${ports.postgres}`;
const portText = (port: number | undefined): string => String(port ?? 0);

function serviceEnvironment(facts: BootstrapFacts, secrets: Secrets, service: string): Environment {
  const { dataDir, ports } = facts;
  const name = service.toUpperCase();
  const password = secrets.passwords[service as (typeof SCHEMAS)[number]];
  return {
    SOLYX_EVENTSTORE_URL: `esdb://127.0.0.1:${ports.eventstore}?tls=false`,
    SOLYX_NATS_URL: natsUrl(facts),
    ...caOf(facts),
    [`SOLYX_${name}_NATS_CREDS`]: credsPath(dataDir, service),
    [`SOLYX_${name}_POSTGRES_URL`]: roleUrl(postgresUrl(facts), service, password),
    [`SOLYX_${name}_HTTP_PORT`]: portText(service === 'gateway' ? ports.http : ports.health[service]),
  };
}

const eventStoreEnvironment = ({ ports }: BootstrapFacts, secrets: Secrets): Environment => ({
  SOLYX_EVENTSTORE_POSTGRES_URL: roleUrl(postgresUrl({ ports }), 'eventstore', secrets.passwords.eventstore),
  SOLYX_EVENTSTORE_PORT: String(ports.eventstore),
  SOLYX_EVENTSTORE_HTTP_PORT: portText(ports.health['eventstore']),
});

const gatewayEnvironment = ({ dataDir }: BootstrapFacts, { pepper, apiKey }: Secrets, url: string): Environment => ({
  SOLYX_GATEWAY_PUBLIC_URL: url,
  SOLYX_GATEWAY_KEY_PEPPER: pepper,
  SOLYX_GATEWAY_BOOTSTRAP_ORGANIZATION: ORGANIZATION,
  SOLYX_GATEWAY_BOOTSTRAP_KEY_ID: apiKey.id,
  SOLYX_GATEWAY_BOOTSTRAP_KEY_HASH: hashKey(apiKey.key, pepper),
  SOLYX_GATEWAY_AGENT_SIGNER: signerPath(dataDir),
});

/** Keys are made where they are missing; payments for a bank are put where its accounts are. */
const billingEnvironment = (dataDir: string): Environment => ({
  SOLYX_BILLING_WEBHOOK_KEY_FILE: path.join(dataDir, 'webhooks.key'),
  SOLYX_BILLING_PROOF_KEY_FILE: path.join(dataDir, 'proof-key.pem'),
  SOLYX_BILLING_PAYOUT_FOLDER: path.join(dataDir, 'payouts'),
});

const agentCreds = (dataDir: string): string => path.join(agentDir(dataDir), 'nats.creds');

const agentEnvironment = (facts: BootstrapFacts, url: string): Environment => ({
  SOLYX_AGENT_GATEWAY_URL: url,
  SOLYX_AGENT_STATE_DIR: agentDir(facts.dataDir),
  // Who ends the launcher ends what it started: real processes do not outlive it. After a crash the agent takes them over.
  SOLYX_AGENT_DRAIN: 'true',
  SOLYX_AGENT_NATS_CREDS: agentCreds(facts.dataDir),
  SOLYX_AGENT_HTTP_PORT: portText(facts.ports.health['agent']),
  SOLYX_NATS_URL: natsUrl(facts),
  ...caOf(facts),
});

/** A token for this machine's agent, until it has joined. A new one each time: tokens are short-lived. */
function joinToken({ dataDir }: BootstrapFacts, pepper: string): { agent: Environment; gateway: Environment } {
  if (existsSync(agentCreds(dataDir))) return { agent: {}, gateway: {} };
  const token = newKey('join');
  return {
    agent: { SOLYX_AGENT_JOIN_TOKEN: token.key },
    gateway: {
      SOLYX_GATEWAY_BOOTSTRAP_JOIN_TOKEN_ID: token.id,
      SOLYX_GATEWAY_BOOTSTRAP_JOIN_TOKEN_HASH: hashKey(token.key, pepper),
      SOLYX_GATEWAY_BOOTSTRAP_JOIN_TOKEN_EXPIRES_AT: new Date(Date.now() + JOIN_WITHIN_MS).toISOString(),
    },
  };
}
