/**
 * `npm start`: the whole of Solyx on this machine, in one process tree that ends when this process ends.
 *
 * Install and build what is missing, then PostgreSQL, the bus, the event store, the services, and one agent for this
 * machine's own GPUs. Needs nothing but Node.js: until the install is done, only built-ins are imported.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from './lib/build.mjs';
import { leaveFolder, takeFolder, writeNote } from './lib/data-folder.mjs';
import { install, requireNode } from './lib/install.mjs';
import { openLog } from './lib/log-file.mjs';
import { treeMemoryMiB } from './lib/memory.mjs';
import { findOrInstallNatsServer, startNats } from './lib/nats.mjs';
import { parseOptions, USAGE } from './lib/options.mjs';
import { planPorts, SERVICES } from './lib/plan.mjs';
import { startPostgres } from './lib/postgres.mjs';
import { startServices } from './lib/service.mjs';
import { Supervisor } from './lib/supervisor.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
// What runs here, and what it needs; the libraries of the tests would need the tools of the tests.
const COMPILED = [...SERVICES, 'agent', 'cli'].map((app) => `apps/${app}`).concat('libs/eventstore-embedded');
const startedAt = Date.now();
const say = (text) => console.error(`solyx: ${text}`);

let options;
let note;
let stopping;
const supervisor = new Supervisor({
  say,
  changed: () => note && writeNote(options.dataDir, { ...note, processes: supervisor.processes() }),
  giveUp: (reason) => void stop(1, reason),
});

/** Stops everything in order and ends. A second request does not wait any longer. */
async function stop(code, reason) {
  if (stopping) return;
  stopping = true;
  if (reason) say(reason);
  await supervisor.stopAll();
  if (options) leaveFolder(options.dataDir);
  process.exit(code);
}

/** Ends with the launcher's parent too: npm does not pass on the signal that ends it. */
function endWithOthers() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => (stopping ? process.exit(1) : void stop(0, 'stopping')));
  }
  const parent = process.ppid;
  setInterval(
    () => process.ppid !== parent && void stop(0, 'the process that started Solyx is gone: stopping'),
    300,
  ).unref();
}

/** The log of one process, in a file; what it says is shown on the terminal only when it dies. */
const logOf = (name) => openLog(path.join(options.dataDir, 'logs'), name).line;

/** Keys, roles, permissions and addresses: everything that only compiled code knows. See scripts/README.md. */
function prepare(facts) {
  const require = createRequire(import.meta.url);
  return require(path.join(ROOT, 'libs', 'platform', 'dist', 'bootstrap.js')).prepare(facts);
}

/** Starts the three servers: views and money in PostgreSQL, the bus, and the record itself. */
async function startServers(ports, binary) {
  const { dataDir, simulated } = options;
  const cluster = { dataDir: path.join(dataDir, 'postgres'), port: ports.postgres, log: logOf('postgres') };
  let postgresUrl;
  const startDatabase = async () => {
    const server = await startPostgres(cluster);
    postgresUrl = server.url;
    return server;
  };
  await Promise.all([compile(ROOT, '-b', ...COMPILED), supervisor.add('postgres', startDatabase)]);
  const prepared = await prepare({ dataDir, ports, postgresUrl, services: SERVICES, simulated });
  const log = logOf('nats');
  await supervisor.add('nats', () => startNats({ binary, configPath: prepared.natsConfigPath, port: ports.nats, log }));
  return prepared;
}

/** Starts compiled services in one process that is kept running. */
async function keep(name, members, prepared) {
  const log = logOf(name);
  const services = members.map(([service, main]) => {
    const env = prepared.env[service];
    if (!env) throw new Error(`no configuration was prepared for ${service}`);
    return { name: service, main: path.join(ROOT, main), env };
  });
  await supervisor.add(name, () => startServices({ services, log }));
}

/** All at once: each waits by itself for what it needs, as it does when that is started again under it. */
async function startSolyx(prepared) {
  const mains = SERVICES.map((name) => [name, `apps/${name}/dist/main.js`]);
  const hosts = options.processes ? mains.map((main) => [main[0], [main]]) : [['services', mains]];
  const others = Promise.all([
    keep('eventstore', [['eventstore', 'libs/eventstore-embedded/dist/main.js']], prepared),
    ...hosts.map(([name, members]) => keep(name, members, prepared)),
  ]);
  const agent = () => keep('agent', [['agent', 'apps/agent/dist/main.js']], prepared);
  // To join it needs the gateway, and waiting for that by trying would take longer.
  const hasJoined = prepared.env.agent?.SOLYX_AGENT_JOIN_TOKEN === undefined;
  await Promise.all([others, hasJoined ? agent() : others.then(agent)]);
}

async function main() {
  options = parseOptions(process.argv.slice(2), ROOT);
  if (options.help) return console.log(USAGE);
  requireNode();
  endWithOthers();
  await takeFolder(options.dataDir);
  const ports = await planPorts(options.port);
  const url = `http://127.0.0.1:${ports.http}`;
  note = { launcher: process.pid, url, ports };

  const natsServer = findOrInstallNatsServer(options.dataDir, say);
  natsServer.catch(() => {}); // Awaited below, once the install had its turn.
  await install(ROOT, { dev: false, say });
  const prepared = await startServers(ports, await natsServer);

  await startSolyx(prepared);

  const readyMs = Date.now() - startedAt;
  const facts = { url, ports, readyMs, memoryMiB: treeMemoryMiB(process.pid), dataDir: options.dataDir };
  console.log(await prepared.welcome(facts));
}

main().catch((error) => stop(1, error.message));
