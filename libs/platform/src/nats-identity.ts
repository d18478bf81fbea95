import { readFileSync } from 'node:fs';
import { credsAuthenticator, type Authenticator } from 'nats';
import { SolyxError } from '@solyx/kernel';
import { accountJwt, credsFile, operatorJwt, userJwt } from './nats-jwt';
import { AGENT_TEMPLATE, agentTags, SERVICES, servicePermissions } from './nats-permissions';
import { isPublicNKey, newNKey, nkeyFromSeed } from './nkey';

const DAY_SECONDS = 86_400;
/** A node's name is a token of subjects, consumers and inboxes. */
const NODE_ID = /^[A-Za-z0-9_-]{1,64}$/;

/** The seeds behind every identity. Made once; whoever holds them can become anybody. */
export interface NatsKeys {
  readonly operator: string;
  readonly account: string;
  readonly system: string;
  /** Signs agents only: what it signs has the agents' permissions, whatever the JWT claims. */
  readonly agentSigner: string;
  readonly users: Readonly<Record<(typeof SERVICES)[number], string>>;
}

/** What the gateway holds: enough to admit agents, nothing else. */
export interface AgentSigner {
  readonly account: string;
  readonly seed: string;
}

export const createNatsKeys = (): NatsKeys => ({
  operator: newNKey('operator').seed,
  account: newNKey('account').seed,
  system: newNKey('account').seed,
  agentSigner: newNKey('account').seed,
  users: Object.fromEntries(SERVICES.map((service) => [service, newNKey('user').seed])) as NatsKeys['users'],
});

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

export interface NatsServerOptions {
  readonly port: number;
  /** Folder of JetStream's files. */
  readonly storeDir: string;
  readonly host?: string;
  readonly tls?: { readonly certFile: string; readonly keyFile: string; readonly caFile?: string };
  /** Bytes that all streams together may take. */
  readonly storeBytesMax?: number;
}

/** Configuration of nats-server: one operator, one account, known users only, JetStream on disk. */
export function natsServerConfig(keys: NatsKeys, options: NatsServerOptions): string {
  const operator = nkeyFromSeed(keys.operator);
  const account = nkeyFromSeed(keys.account).publicKey;
  const system = nkeyFromSeed(keys.system).publicKey;
  const issuedAt = nowSeconds();
  const agents = nkeyFromSeed(keys.agentSigner).publicKey;
  const signers = [{ key: agents, role: 'agent', permissions: AGENT_TEMPLATE }];
  const { tls } = options;
  const solyx = accountJwt(operator, { name: 'solyx', issuedAt, account, jetStream: true, signers });
  const sys = accountJwt(operator, { name: 'system', issuedAt, account: system, jetStream: false });
  return [
    'server_name: solyx',
    `listen: ${JSON.stringify(`${options.host ?? '127.0.0.1'}:${options.port}`)}`,
    'max_payload: 1MB',
    'ping_interval: "10s"',
    `operator: ${operatorJwt(operator, system, { name: 'solyx', issuedAt })}`,
    `system_account: ${system}`,
    'resolver: MEMORY',
    'resolver_preload: {',
    `  ${account}: ${solyx}`,
    `  ${system}: ${sys}`,
    '}',
    `jetstream { store_dir: ${JSON.stringify(options.storeDir)}, max_file_store: ${options.storeBytesMax ?? 16 * 2 ** 30} }`,
    ...(tls
      ? [
          `tls { cert_file: ${JSON.stringify(tls.certFile)}, key_file: ${JSON.stringify(tls.keyFile)}${
            tls.caFile === undefined ? '' : `, ca_file: ${JSON.stringify(tls.caFile)}`
          } }`,
        ]
      : []),
    '',
  ].join('\n');
}

/** The creds file of one service. */
export function serviceCreds(keys: NatsKeys, service: (typeof SERVICES)[number]): string {
  const user = nkeyFromSeed(keys.users[service]);
  const jwt = userJwt(nkeyFromSeed(keys.account), {
    name: service,
    user: user.publicKey,
    issuedAt: nowSeconds(),
    permissions: servicePermissions(service),
  });
  return credsFile(jwt, keys.users[service]);
}

export const agentSignerOf = (keys: NatsKeys): AgentSigner => ({
  account: nkeyFromSeed(keys.account).publicKey,
  seed: keys.agentSigner,
});

/** The file that `SOLYX_GATEWAY_AGENT_SIGNER` names. */
export function readAgentSigner(path: string): AgentSigner {
  const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<AgentSigner>;
  if (typeof value.account !== 'string' || typeof value.seed !== 'string') {
    throw new SolyxError('FailedPrecondition', `${path} does not hold an account and a seed`, { path });
  }
  return { account: value.account, seed: value.seed };
}

/** A machine makes its own key pair; only the public key leaves it. */
export function createUserKey(): { readonly publicKey: string; readonly seed: string } {
  const { publicKey, seed } = newNKey('user');
  return { publicKey, seed };
}

export interface AgentIdentity {
  readonly nodeId: string;
  /** The machine's own public user key. */
  readonly publicKey: string;
  /** Default 90 days. */
  readonly expiresInSeconds?: number;
}

/** The JWT that admits one agent under its own name. Throws InvalidArgument for a name or key that is none. */
export function issueAgentCredentials(signer: AgentSigner, agent: AgentIdentity): string {
  if (!NODE_ID.test(agent.nodeId)) {
    throw new SolyxError('InvalidArgument', 'a node id is 1 to 64 letters, digits, dashes or underscores', {
      nodeId: agent.nodeId.slice(0, 64),
    });
  }
  if (!isPublicNKey(agent.publicKey, 'user')) {
    throw new SolyxError('InvalidArgument', 'publicKey is not a public user key of NATS', { nodeId: agent.nodeId });
  }
  const issuedAt = nowSeconds();
  return userJwt(nkeyFromSeed(signer.seed), {
    name: agent.nodeId,
    user: agent.publicKey,
    account: signer.account,
    tags: agentTags(agent.nodeId),
    issuedAt,
    expiresAt: issuedAt + (agent.expiresInSeconds ?? 90 * DAY_SECONDS),
  });
}

/** For `connect` of the client `nats`, from a creds file. */
export const readNatsCredentials = (path: string): { readonly authenticator: Authenticator } => ({
  authenticator: credsAuthenticator(new Uint8Array(readFileSync(path))),
});

export { credsFile } from './nats-jwt';
