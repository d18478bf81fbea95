import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findOrInstallNatsServer, startNats } from '../../../scripts/lib/nats.cjs';
import { freePort } from '../../../scripts/lib/ports.cjs';
import { startPostgres } from '../../../scripts/lib/postgres.cjs';

const START_WITHIN_MS = 120_000;
const STOP_WITHIN_MS = 10_000;
const HERE = path.join(__dirname, '..', '..', '..');

/** A server that runs for one spec: its own port, its own temporary folder. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Ends the server in order and deletes its folder. */
  stop(): Promise<void>;
  /** kill -9. The folder stays, for `restart`. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder, after `kill`; the url stays. */
  restart(): Promise<void>;
}

interface Running {
  readonly url: string;
  readonly pid: number;
  readonly ended: Promise<unknown>;
  stop(): Promise<void>;
}

export const temporaryFolder = (name: string): string => mkdtempSync(path.join(tmpdir(), `solyx-${name}-`));

async function keep(folder: string, port: number, start: () => Promise<Running>): Promise<TestServer> {
  let running = await start();
  return {
    url: running.url,
    port,
    get pid() {
      return running.pid;
    },
    stop: async () => {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
    kill: async () => {
      process.kill(running.pid, 'SIGKILL');
      await running.ended;
    },
    restart: async () => {
      running = await start();
    },
  };
}

/** PostgreSQL; `url` names its superuser. Durable settings are off unless asked for: a spec does not pull the plug. */
export async function launchPostgres(
  options: { readonly durable?: boolean; readonly settings?: Readonly<Record<string, string | number>> } = {},
): Promise<TestServer> {
  const folder = temporaryFolder('postgres');
  const port = await freePort();
  const quick = options.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const settings = { ...quick, ...options.settings };
  return keep(folder, port, () => startPostgres({ dataDir: path.join(folder, 'data'), port, settings }));
}

/**
 * nats-server with JetStream. Without `config` everybody may do everything; `config` gets the port and a folder for
 * JetStream and returns the text of a configuration file.
 */
export async function launchNats(
  config: (facts: { readonly port: number; readonly folder: string }) => string = ({ folder }) =>
    `jetstream { store_dir: ${JSON.stringify(path.join(folder, 'jetstream'))} }\n`,
): Promise<TestServer> {
  const folder = temporaryFolder('nats');
  const port = await freePort();
  const configPath = path.join(folder, 'nats.conf');
  writeFileSync(configPath, config({ port, folder }), { mode: 0o600 });
  const binary = await findOrInstallNatsServer(path.join(HERE, '.solyx'));
  return keep(folder, port, () => startNats({ binary, configPath, port }));
}

/**
 * The embedded event store as a process of its own, from `libs/eventstore-embedded/dist/main.js` (build first), over the
 * PostgreSQL at `postgresUrl`. `url` is what SOLYX_EVENTSTORE_URL takes.
 */
export async function launchEventStore(postgresUrl: string): Promise<TestServer> {
  const folder = temporaryFolder('eventstore');
  const port = await freePort();
  const healthPort = await freePort();
  const main = path.join(HERE, 'libs', 'eventstore-embedded', 'dist', 'main.js');
  if (!existsSync(main)) throw new Error(`${main} is missing: run \`npm run build\` first`);
  const env = {
    ...process.env,
    SOLYX_EVENTSTORE_POSTGRES_URL: postgresUrl,
    SOLYX_EVENTSTORE_PORT: String(port),
    SOLYX_EVENTSTORE_HTTP_PORT: String(healthPort),
    SOLYX_LOG_LEVEL: 'warn',
  };
  return keep(folder, port, async () => {
    const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    await becomeReady(child);
    return {
      url: `esdb://127.0.0.1:${port}?tls=false`,
      pid: child.pid ?? 0,
      ended: child.exitCode === null && child.signalCode === null ? once(child, 'exit') : Promise.resolve(),
      stop: () => stopChild(child),
    };
  });
}

/** Resolves when the child says over IPC that it is ready; rejects with its output when it ends before. */
function becomeReady(child: ChildProcess): Promise<void> {
  let said = '';
  const note = (chunk: Buffer): void => {
    said = (said + chunk.toString()).slice(-4096);
  };
  child.stdout?.on('data', note);
  child.stderr?.on('data', note);
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error(`ended before it was ready:\n${said}`));
    child.once('exit', ended);
    child.once('error', reject);
    child.on('message', (message) => {
      if ((message as { solyx?: unknown }).solyx !== 'ready') return;
      child.off('exit', ended);
      resolve();
    });
  });
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const insist = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  await gone;
  clearTimeout(insist);
}

/** Starts a server before the tests of the enclosing `describe`, stops it after them. */
function forTheseTests(launch: () => Promise<TestServer>): TestServer {
  let server: TestServer | undefined;
  const running = (): TestServer => {
    if (!server) throw new Error('the server runs only inside tests and after beforeAll');
    return server;
  };
  beforeAll(async () => {
    server = await launch();
  }, START_WITHIN_MS);
  afterAll(async () => {
    await server?.stop();
  }, START_WITHIN_MS);
  return {
    get url() {
      return running().url;
    },
    get port() {
      return running().port;
    },
    get pid() {
      return running().pid;
    },
    stop: () => running().stop(),
    kill: () => running().kill(),
    restart: () => running().restart(),
  };
}

/** `const postgres = withPostgres();` in a describe; `postgres.url` inside its tests. */
export const withPostgres = (options?: Parameters<typeof launchPostgres>[0]): TestServer =>
  forTheseTests(() => launchPostgres(options));

/** `const nats = withNats();` in a describe; `nats.url` inside its tests. */
export const withNats = (config?: Parameters<typeof launchNats>[0]): TestServer =>
  forTheseTests(() => launchNats(config));

/** `const store = withEventStore(() => postgres.url);` after `withPostgres()` in the same describe. */
export const withEventStore = (postgresUrl: () => string): TestServer =>
  forTheseTests(() => launchEventStore(postgresUrl()));
