'use strict';
/** A real nats-server: found on this machine, or unpacked from the Debian archive without touching the system. */
const { execFile } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { setTimeout: wait } = require('node:timers/promises');
const { promisify } = require('node:util');
const { deathSignal, isOver, start, stop } = require('./child.cjs');
const { HOST } = require('./ports.cjs');

const run = promisify(execFile);
const READY_WITHIN_MS = 30_000; // Recovery of a large JetStream store takes its time.

const HELP = `nats-server was not found, and could not be fetched. Do one of these, then start again:
  apt-get install nats-server        (Debian, Ubuntu; as root)
  brew install nats-server           (macOS)
  SOLYX_NATS_SERVER=/path/to/nats-server npm start
  docker compose -f deploy/compose/compose.yaml up`;

/** The version line of a nats-server, or undefined when the file is not one that runs here. */
async function versionOf(file) {
  try {
    const { stdout } = await run(file, ['-v'], { timeout: 10_000 });
    return /nats-server:?\s*v?(\S+)/i.exec(stdout)?.[1];
  } catch {
    return undefined;
  }
}

/** Where a nats-server may already lie, best first. Debian's is in usr/sbin, off an ordinary user's PATH. */
function places(dataDir) {
  const onPath = (process.env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const folders = [...onPath, '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin', path.join(dataDir, 'nats', 'bin')];
  return folders.map((folder) => path.join(folder, process.platform === 'win32' ? 'nats-server.exe' : 'nats-server'));
}

/** Unpacks Debian's package into the data folder: private apt lists, no root, no service, no change to the system. */
async function unpackFromArchive(dataDir) {
  const base = path.join(dataDir, 'nats');
  const work = path.join(base, 'apt');
  fs.mkdirSync(path.join(work, 'lists', 'partial'), { recursive: true });
  fs.mkdirSync(path.join(work, 'cache', 'archives', 'partial'), { recursive: true });
  const settings = [`Dir::State::lists=${work}/lists`, `Dir::Cache=${work}/cache`, 'Debug::NoLocking=1'];
  const options = [...settings.flatMap((setting) => ['-o', setting]), '-q'];
  await run('apt-get', [...options, 'update'], { timeout: 120_000 });
  await run('apt-get', [...options, 'download', 'nats-server'], { cwd: work, timeout: 120_000 });
  const archive = fs.readdirSync(work).find((name) => name.startsWith('nats-server_') && name.endsWith('.deb'));
  await run('dpkg-deb', ['-x', archive, 'unpacked'], { cwd: work });
  fs.mkdirSync(path.join(base, 'bin'), { recursive: true });
  fs.copyFileSync(path.join(work, 'unpacked', 'usr', 'sbin', 'nats-server'), path.join(base, 'bin', 'nats-server'));
  fs.rmSync(work, { recursive: true, force: true });
  return path.join(base, 'bin', 'nats-server');
}

/** As root, the ordinary way; the service that Debian's package brings is kept from starting. */
async function installAsRoot() {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await run('apt-get', ['-q', 'update'], { env, timeout: 120_000 });
  await run('apt-get', ['-q', 'install', '-y', '--no-install-recommends', 'nats-server'], { env, timeout: 120_000 });
  return '/usr/sbin/nats-server';
}

/**
 * The path of a nats-server that runs here: SOLYX_NATS_SERVER, PATH, usr/sbin, the data folder, else fetched.
 *
 * @param {string} dataDir where a fetched server is kept
 * @param {(line: string) => void} [log] told before anything is fetched
 * @returns {Promise<string>} rejects with a message that names every way out
 */
async function findOrInstallNatsServer(dataDir, log = () => {}) {
  const chosen = process.env.SOLYX_NATS_SERVER;
  if (chosen) {
    if (await versionOf(chosen)) return chosen;
    throw new Error(`SOLYX_NATS_SERVER names ${chosen}, which is not a nats-server that runs here.`);
  }
  for (const file of places(path.resolve(dataDir))) {
    if (fs.existsSync(file) && (await versionOf(file))) return file;
  }
  const faults = [];
  log('nats-server is not on this machine: fetching it from the Debian archive');
  for (const way of [unpackFromArchive, ...(process.getuid?.() === 0 ? [installAsRoot] : [])]) {
    try {
      const file = await way(path.resolve(dataDir));
      if (await versionOf(file)) return file;
    } catch (error) {
      faults.push(
        String(error.stderr || error.message)
          .trim()
          .split('\n')
          .at(-1),
      );
    }
  }
  throw new Error(`${HELP}\n(${faults.join('; ')})`);
}

/** Does a NATS server greet on this port? It speaks first, with INFO, so that a stranger is not taken for it. */
function greets(port) {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: HOST });
    const end = (result) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(1_000, () => end(false));
    socket.once('data', (data) => end(data.toString().startsWith('INFO ')));
    socket.once('error', () => end(false));
  });
}

/**
 * Starts nats-server with a configuration file and resolves when it greets on `port`.
 *
 * @param {{ binary: string, configPath: string, port: number, log?: (line: string) => void }} options
 *   `port` overrides the one in the file
 * @returns {Promise<{ url: string, port: number, pid: number, ended: Promise<unknown>, stop(): Promise<void> }>}
 */
async function startNats({ binary, configPath, port, log = () => {} }) {
  const server = [binary, '-c', path.resolve(configPath), '-a', HOST, '-p', String(port)];
  const child = start([...deathSignal('TERM'), ...server], { log });
  const until = Date.now() + READY_WITHIN_MS;
  while (!isOver(child) && !(await greets(port))) {
    if (Date.now() > until) await stop(child, 'SIGKILL');
    await wait(20);
  }
  if (isOver(child)) {
    await child.ended;
    throw new Error(`nats-server did not start on port ${port}:\n${child.lastLines.join('\n')}`);
  }
  return {
    url: `nats://${HOST}:${port}`,
    port,
    pid: child.pid,
    ended: child.ended,
    stop: () => stop(child, 'SIGTERM'),
  };
}

module.exports = { findOrInstallNatsServer, startNats };
