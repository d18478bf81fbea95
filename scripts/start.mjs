/**
 * `npm start`: the whole of Solyx on this machine, in one process tree that ends when this process ends.
 *
 * Install and build what is missing, then PostgreSQL, the bus, the event store, the services, and one agent for this
 * machine's own GPUs. Needs nothing but Node.js: until the install is done, only built-ins are imported.
 */
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compileProjects, isCompiled } from './lib/build.mjs';
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
import { Timings } from './lib/timings.mjs';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
// What runs here, and what it needs; the libraries of the tests would need the tools of the tests.
const COMPILED = [...SERVICES, 'agent', 'cli'].map((app) => `apps/${app}`).concat('libs/eventstore-embedded');
const BOOTSTRAP = pathToFileURL(path.join(ROOT, 'libs', 'platform', 'dist', 'bootstrap.js')).href;
const startedAt = Math.round(performance.timeOrigin);
const timings = new Timings(startedAt);
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

/** PostgreSQL, for views, money and the record itself, with the roles of all who use it. */
async function keepPostgres(ports, bootstrap) {
  const { dataDir } = options;
  const cluster = { dataDir: path.join(dataDir, 'postgres'), port: ports.postgres, log: logOf('postgres') };
  let postgresUrl;
  const begin = async () => {
    const server = await startPostgres(cluster);
    postgresUrl = server.url;
    return server;
  };
  await timings.of('postgres', () => supervisor.add('postgres', begin));
  const { prepareDatabase } = await bootstrap;
  await timings.of('roles', () => prepareDatabase({ dataDir, postgresUrl }));
}

/** The bus. */
function keepNats(ports, binary, configPath) {
  const log = logOf('nats');
  return timings.of('nats', () =>
    supervisor.add('nats', () => startNats({ binary, configPath, port: ports.nats, log })),
  );
}

/** Starts compiled services in one process that is kept running; they begin when `needs` is there. */
function keep(name, members, env, needs) {
  const log = logOf(name);
  const services = members.map(([service, project]) => {
    if (!env[service]) throw new Error(`no configuration was prepared for ${service}`);
    return { name: service, folder: path.join(ROOT, project, 'dist'), env: env[service] };
  });
  const begin = (signal) => startServices({ services, needs, log, signal });
  return timings.of(name, () => supervisor.add(name, begin));
}

/** Everything at once: each loads its code, begins when its servers are ready, and waits by itself for the others. */
async function startAll(prepared, database, nats) {
  const { env } = prepared;
  const servers = Promise.all([database, nats]);
  const apps = SERVICES.map((name) => [name, `apps/${name}`]);
  const hosts = options.processes ? apps.map((app) => [app[0], [app]]) : [['services', apps]];
  const others = Promise.all([
    keep('eventstore', [['eventstore', 'libs/eventstore-embedded']], env, database),
    ...hosts.map(([name, members]) => keep(name, members, env, servers)),
  ]);
  // To join it needs the gateway, and waiting for that by trying would take longer.
  const hasJoined = env.agent?.SOLYX_AGENT_JOIN_TOKEN === undefined;
  const agent = keep('agent', [['agent', 'apps/agent']], env, hasJoined ? nats : others);
  await Promise.all([servers, others, agent]);
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
  await timings.of('install', () => install(ROOT, { dev: false, say }));
  // Keys, roles, permissions and addresses: everything that only compiled code knows. See scripts/README.md.
  const compiled = timings.of('compile', async () => isCompiled(ROOT, COMPILED) || compileProjects(ROOT, COMPILED));
  const bootstrap = compiled.then(() => import(BOOTSTRAP));
  const database = keepPostgres(ports, bootstrap);
  database.catch(() => {}); // Awaited with all that need it.
  const { prepare } = await bootstrap;
  const prepared = await prepare({ dataDir: options.dataDir, ports, services: SERVICES, simulated: options.simulated });
  await startAll(prepared, database, keepNats(ports, await natsServer, prepared.natsConfigPath));

  const readyMs = Date.now() - startedAt;
  const facts = { url, ports, readyMs, memoryMiB: treeMemoryMiB(process.pid), dataDir: options.dataDir };
  console.log(await prepared.welcome(facts));
  if (options.timings) console.log(String(timings));
}

main().catch((error) => stop(1, error.message));
