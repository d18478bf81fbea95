'use strict';
/** The whole of Solyx as its user meets it: the real launcher, the real command line. For specs, benches and chaos. */
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: wait } = require('node:timers/promises');

const ROOT = path.resolve(__dirname, '..', '..');
const CLI = path.join(ROOT, 'apps', 'cli', 'bin', 'solyx.cjs');
const READY_WITHIN_MS = 240_000;
const STOP_WITHIN_MS = 60_000;
const COMMAND_WITHIN_MS = 150_000;
const SAID_MAX = 200_000;

/** Is this process there, and no zombie? */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/^\d+ \(.*\) Z/s.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Waits until `fact` gives something, at most `withinMs`; rejects with `what` and the last error otherwise. */
async function until(fact, what, withinMs = 120_000, everyMs = 50) {
  const end = Date.now() + withinMs;
  let cause;
  do {
    try {
      const found = await fact();
      if (found) return found;
    } catch (error) {
      cause = error;
    }
    await wait(everyMs);
  } while (Date.now() < end);
  throw new Error(`${what}: not within ${withinMs / 1000} s${cause ? ` (${cause.message})` : ''}`);
}

/** One command to its end: `{ code, out, err, ms }`. */
async function runCommand(words, { env = {}, cwd = ROOT, withinMs = COMMAND_WITHIN_MS, input, onOut } = {}) {
  const from = performance.now();
  const child = spawn(process.execPath, [CLI, ...words], { cwd, env: { ...process.env, NO_COLOR: '1', ...env } });
  const late = setTimeout(() => child.kill('SIGKILL'), withinMs);
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    said.out += text;
    onOut?.(text, performance.now() - from);
  });
  child.stderr.setEncoding('utf8').on('data', (text) => (said.err += text));
  child.stdin.end(input);
  const [code, signal] = await once(child, 'close');
  clearTimeout(late);
  return { code: signal === null ? code : -1, ...said, ms: performance.now() - from };
}

class Plane {
  constructor(child, dataDir) {
    this.child = child;
    this.dataDir = dataDir;
    this.said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.said = (this.said + text).slice(-SAID_MAX)));
    }
    this.ended = once(child, 'exit').then(([code]) => code);
  }

  /** What the launcher says of itself: `{ launcher, url, ports, processes }`. */
  note() {
    return JSON.parse(fs.readFileSync(path.join(this.dataDir, 'running.json'), 'utf8'));
  }

  credentials() {
    return JSON.parse(fs.readFileSync(path.join(this.dataDir, 'credentials.json'), 'utf8'));
  }

  /** Seconds and MiB that the launcher printed. */
  printed() {
    const [, seconds, mib] = /ready \(([\d.]+) s, (\d+) MiB\)/.exec(this.said) ?? [];
    return { seconds: Number(seconds), mib: Number(mib) };
  }

  solyx(words, options = {}) {
    const { url, apiKey } = this.credentials();
    return runCommand(words, { ...options, env: { SOLYX_URL: url, SOLYX_API_KEY: apiKey, ...options.env } });
  }

  /** A command whose answer is data. */
  async json(words, options) {
    const { code, out, err } = await this.solyx(['--json', ...words], options);
    if (code !== 0) throw new Error(`solyx ${words.join(' ')} ended with ${code}: ${err}`);
    return JSON.parse(out);
  }

  /** One GraphQL request; throws what the gateway says, and where it is not there. */
  async request(query, variables = {}) {
    const { url, apiKey } = this.credentials();
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(30_000),
    });
    const { data, errors } = await response.json();
    if (errors?.[0]) throw Object.assign(new Error(errors[0].message), { code: errors[0].extensions?.code });
    return data;
  }

  /** As Ctrl-C does. Resolves with the exit code of the launcher. */
  async stop() {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGINT');
    const late = setTimeout(() => this.child.kill('SIGKILL'), STOP_WITHIN_MS);
    const code = await this.ended;
    clearTimeout(late);
    return code;
  }
}

/** Starts the launcher on a data folder and resolves when it is ready; rejects with what it said otherwise. */
async function startPlane({ dataDir, processes = false, simulated = true, env = {} }) {
  const words = ['--data', dataDir, '--port', '0'];
  if (processes) words.push('--processes');
  if (!simulated) words.push('--no-simulated');
  const child = spawn(process.execPath, [path.join(ROOT, 'scripts', 'start.mjs'), ...words], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const plane = new Plane(child, dataDir);
  const isReady = () => /Solyx is ready/.test(plane.said) || child.exitCode !== null || child.signalCode !== null;
  await until(isReady, 'the plane is ready', READY_WITHIN_MS, 20).catch(async (error) => {
    await plane.stop();
    throw error;
  });
  if (!/Solyx is ready/.test(plane.said)) throw new Error(`the plane did not start:\n${plane.said}`);
  return plane;
}

module.exports = { ROOT, Plane, isAlive, runCommand, startPlane, until };
