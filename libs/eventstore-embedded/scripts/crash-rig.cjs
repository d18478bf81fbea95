'use strict';
/**
 * Kills the event store, and PostgreSQL under it, at random instants while clients write, and says whether the log tells
 * the truth in the end.
 */
const { spawn } = require('node:child_process');
const { randomUUID } = require('node:crypto');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: wait } = require('node:timers/promises');
const { jsonEvent } = require('@eventstore/db-client');
const { freePort } = require('../../../scripts/lib/ports.cjs');
const { startPostgres } = require('../../../scripts/lib/postgres.cjs');
const { isLinearizable } = require('./linearizability.cjs');

const MAIN = path.join(__dirname, '..', 'dist', 'main.js');
const CLIENTS = 8;
const SHARED = 'shared';
/** A client without an answer for so long asks again: the protocol has no timer of its own. */
const ANSWER_WITHIN_MS = 4000;
/** A round that sees no load for so long goes on all the same. */
const LOAD_WITHIN_MS = 10_000;
/** By which the store ends when it cannot know whether a commit happened. */
const EXIT_UNKNOWN = 70;

/**
 * A client that shares nothing with the others of this process. The library keeps the appends of all clients in one table
 * and clears it when any of them loses its connection; a late answer to another client then throws.
 */
function clientOf(url) {
  for (const file of Object.keys(require.cache)) {
    if (file.includes(`${path.sep}db-client${path.sep}dist${path.sep}`)) delete require.cache[file];
  }
  return require('@eventstore/db-client').EventStoreDBClient.connectionString(url);
}

/** mulberry32, so that a printed seed repeats the instants as far as the machine allows. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The store as a process of its own, started again whenever it ends, as its supervisor would. */
class Store {
  constructor(env) {
    this.env = env;
    this.stopping = false;
    this.exits = [];
    this.starts = 0;
    this.goDown();
  }

  /** From now on `up` waits for the next start: clients that knock meanwhile would be told to wait ever longer. */
  goDown() {
    if (this.isDown) return;
    this.isDown = true;
    this.up = new Promise((resolve) => (this.goUp = resolve));
  }

  async start() {
    for (;;) {
      const child = spawn(process.execPath, [MAIN], {
        env: { ...process.env, ...this.env },
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      });
      let said = '';
      child.stdout.on('data', (chunk) => (said = (said + chunk).slice(-2000)));
      const ended = once(child, 'exit');
      const ready = once(child, 'message').then(() => true);
      this.starts += 1;
      if (await Promise.race([ready, ended.then(() => false)])) {
        this.child = child;
        this.isDown = false;
        this.goUp();
        this.ended = ended.then(([code, signal]) => {
          this.goDown();
          this.exits.push(signal ?? code);
          if (!this.stopping) this.restarted = this.start();
        });
        return;
      }
      // It may find PostgreSQL gone again while it starts; anything that repeats is a fault of its own.
      if (this.starts > 5000) throw new Error(`the store does not start:\n${said}`);
      await wait(50);
    }
  }

  async kill() {
    const before = this.ended;
    this.restarted = undefined;
    this.goDown();
    this.child.kill('SIGKILL');
    await before;
    await this.restarted;
  }

  /** Waits until the store runs, should it have ended by itself. */
  async running() {
    while (this.child.exitCode !== null || this.child.signalCode !== null) {
      await this.restarted;
      await wait(5);
    }
  }

  async stop() {
    this.stopping = true;
    this.child.kill('SIGTERM');
    await this.ended;
  }
}

/** An answer, an error, or silence; silence is an unknown outcome like a broken connection. */
async function within(promise) {
  let timer;
  const silence = new Promise((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('no answer'), { silent: true })), ANSWER_WITHIN_MS);
  });
  try {
    return await Promise.race([promise, silence]);
  } finally {
    clearTimeout(timer);
  }
}

class Writer {
  constructor(rig, number) {
    this.rig = rig;
    this.stream = `writer-${number}`;
    this.random = random(rig.seed * 100 + number);
    this.revision = -1;
    this.acknowledged = [];
    this.attempted = new Map();
    this.connect();
  }

  connect() {
    this.client = clientOf(this.rig.url);
  }

  /** One append, repeated with the same ids until it is answered. */
  async append(stream, events, expectedRevision) {
    for (;;) {
      try {
        return await within(this.client.appendToStream(stream, events, { expectedRevision }));
      } catch (error) {
        if (error.type === 'wrong-expected-version') throw error;
        this.rig.retries += 1;
        if (error.silent) {
          void this.client.dispose().catch(() => {});
          this.connect();
        }
        if (this.rig.over) throw error;
        await this.rig.store.up;
        await wait(5);
      }
    }
  }

  async writeOwn() {
    const size = 1 + Math.floor(this.random() * 3);
    const batch = randomUUID();
    const events = Array.from({ length: size }, (_, part) => {
      const id = randomUUID();
      const data = { batch, part, size, body: 'x'.repeat(Math.floor(this.random() * 600)), id };
      return jsonEvent({ id, type: 'written', data });
    });
    for (const { id, data } of events) this.attempted.set(id, data);
    const expected = this.revision < 0 ? 'no_stream' : BigInt(this.revision);
    const answer = await this.append(this.stream, events, expected);
    const last = Number(answer.nextExpectedRevision);
    events.forEach(({ id }, index) => {
      const position = index === size - 1 ? answer.position.commit : undefined;
      this.acknowledged.push({ id, revision: last - size + 1 + index, position });
    });
    this.revision = last;
    this.rig.acknowledged += size;
  }

  /** Races with the others for the next revision of a stream; an attempt is not repeated, so each is one operation. */
  async race() {
    const id = randomUUID();
    const expected = this.rig.sharedRevision;
    const operation = {
      kind: 'append',
      id,
      expected,
      called: performance.now(),
      returned: Infinity,
      answer: undefined,
    };
    this.rig.history.push(operation);
    try {
      const revision = expected < 0 ? 'no_stream' : BigInt(expected);
      const event = jsonEvent({ id, type: 'raced', data: { id } });
      const answer = await within(this.client.appendToStream(SHARED, event, { expectedRevision: revision }));
      operation.answer = { revision: Number(answer.nextExpectedRevision) };
      this.rig.sharedRevision = Math.max(this.rig.sharedRevision, operation.answer.revision);
      operation.returned = performance.now();
    } catch (error) {
      if (error.type !== 'wrong-expected-version') {
        await this.rig.store.up;
        return;
      }
      operation.answer = { current: error.actualVersion === 'no_stream' ? -1 : Number(error.actualVersion) };
      this.rig.sharedRevision = Math.max(this.rig.sharedRevision, operation.answer.current);
      operation.returned = performance.now();
    }
  }

  async run() {
    for (let count = 0; !this.rig.over; count += 1) {
      if (count % 6 === 5 && this.rig.mayRace()) await this.race();
      else await this.writeOwn().catch((error) => this.rig.note(error));
    }
  }
}

/** Follows the log across all crashes, from where it was: must see each event once and in order. */
class Follower {
  constructor(rig) {
    this.rig = rig;
    this.seen = [];
    this.position = undefined;
  }

  async run() {
    while (!this.rig.over) {
      const client = clientOf(this.rig.url);
      this.subscription = client.subscribeToAll({ fromPosition: this.position ?? 'start' });
      try {
        for await (const { event } of this.subscription) {
          this.seen.push(event.id);
          this.position = event.position;
        }
      } catch {
        await this.rig.store.up;
        await wait(5);
      }
      await client.dispose().catch(() => {});
    }
  }
}

/** Processes that a process has started, where the system tells; else none. */
function childrenOf(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function killIfThere(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself a moment ago.
  }
}

class Rig {
  constructor({ seed, postgresKillEvery, loadMs, say }) {
    Object.assign(this, { seed, postgresKillEvery, loadMs, say });
    this.random = random(seed);
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'solyx-crash-'));
    this.over = false;
    this.retries = 0;
    this.acknowledged = 0;
    this.history = [];
    this.sharedRevision = -1;
    this.faults = [];
    this.kills = { store: 0, postgres: 0 };
    this.races = 0;
  }

  /** A fault that ends the run: an exact revision that only its owner writes to can never be wrong. */
  note(error) {
    if (this.over) return;
    this.faults.push(`a writer was refused: ${error.type ?? ''} ${error.message}`);
    this.over = true;
  }

  /** Some races in each round, so that the history stays short enough to be searched. */
  mayRace() {
    this.races += 1;
    return this.races <= 24;
  }

  async startPostgres() {
    const settings = { max_connections: 40, shared_buffers: '32MB' };
    const dataDir = path.join(this.folder, 'data');
    this.postgres = await startPostgres({ dataDir, port: this.postgresPort, settings });
  }

  async start() {
    this.postgresPort = await freePort();
    await this.startPostgres();
    const port = await freePort();
    this.url = `esdb://127.0.0.1:${port}?tls=false`;
    this.store = new Store({
      SOLYX_EVENTSTORE_POSTGRES_URL: this.postgres.url,
      SOLYX_EVENTSTORE_PORT: String(port),
      SOLYX_LOG_LEVEL: 'error',
    });
    await this.store.start();
    this.writers = Array.from({ length: CLIENTS }, (_, number) => new Writer(this, number));
    this.follower = new Follower(this);
    this.work = [...this.writers.map((writer) => writer.run()), this.follower.run()];
  }

  async killPostgres() {
    this.kills.postgres += 1;
    const { pid } = this.postgres;
    // Its sessions too, at once: left alone they would finish what they are doing.
    for (const victim of [pid, ...childrenOf(pid)]) killIfThere(victim);
    await this.postgres.ended;
    await this.startPostgres();
    await this.store.running();
  }

  async round(number) {
    this.races = 0;
    // Load first: the instant is random, but never before the clients write again.
    const enough = this.acknowledged + 1 + Math.floor(this.random() * 60);
    for (const until = Date.now() + LOAD_WITHIN_MS; this.acknowledged < enough && Date.now() < until;) await wait(2);
    await wait(this.random() * this.loadMs);
    if (this.over) return;
    if (number % this.postgresKillEvery === this.postgresKillEvery - 1) await this.killPostgres();
    else {
      this.kills.store += 1;
      await this.store.kill();
    }
  }

  async finish() {
    await wait(200);
    this.over = true;
    await this.store.running();
    const client = clientOf(this.url);
    await Promise.race([Promise.all(this.work.slice(0, -1)), wait(15_000)]);
    const log = [];
    for await (const { event } of client.readAll()) log.push(event);
    // The follower gets what it has not seen yet, then stops.
    for (const until = Date.now() + 10_000; this.follower.seen.length < log.length && Date.now() < until;)
      await wait(20);
    const shared = [];
    const reading = client.readStream(SHARED);
    for await (const { event } of reading) shared.push(event.id);
    this.verify(log, shared);
    await this.follower.subscription?.unsubscribe().catch(() => {});
    for (const writer of this.writers) await writer.client.dispose().catch(() => {});
    await client.dispose();
  }

  verify(log, shared) {
    const check = (holds, what) => holds || this.faults.push(what);
    check(new Set(log.map(({ id }) => id)).size === log.length, 'an event is there twice');
    for (const [index, { position }] of log.entries()) {
      const before = index === 0 ? 0n : log[index - 1].position.commit;
      check(position.commit > before, `position ${position.commit} comes after ${before}`);
    }
    for (const writer of this.writers) this.verifyWriter(writer, log, check);
    const ids = log.map(({ id }) => id);
    check(
      ids.join() === this.follower.seen.join(),
      `the follower saw ${this.follower.seen.length} of ${log.length} events, or others`,
    );
    check(
      shared.join() ===
        log
          .filter(({ streamId }) => streamId === SHARED)
          .map(({ id }) => id)
          .join(),
      'the shared stream differs in $all',
    );
    for (const { answer, id } of this.history) {
      if (answer && 'revision' in answer)
        check(shared[answer.revision] === id, `raced event ${id} is not where it was acknowledged`);
    }
    for (const exit of this.store.exits)
      check(exit === 'SIGKILL' || exit === EXIT_UNKNOWN, `the store ended with ${exit}`);
    check(isLinearizable(this.history, shared), 'no order of the races explains their answers');
  }

  verifyWriter({ stream, acknowledged, attempted }, log, check) {
    const own = log.filter(({ streamId }) => streamId === stream);
    own.forEach(({ revision, id, data }, index) => {
      check(Number(revision) === index, `${stream} has revision ${revision} at place ${index}`);
      check(JSON.stringify(attempted.get(id)) === JSON.stringify(data), `${stream}@${revision} is not what was sent`);
      // All parts of an append stand side by side.
      const { batch, part, size } = data;
      const whole = own.slice(index - part, index - part + size);
      check(
        whole.length === size && whole.every((event) => event.data.batch === batch),
        `${stream}@${revision} is half an append`,
      );
    });
    for (const { id, revision, position } of acknowledged) {
      const found = own[revision];
      check(found?.id === id, `${stream}@${revision} was acknowledged and is not there`);
      if (position !== undefined)
        check(found?.position.commit === position, `${stream}@${revision} was acknowledged elsewhere`);
    }
  }

  async close() {
    this.over = true;
    await this.store?.stop().catch(() => {});
    await this.postgres?.stop().catch(() => {});
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  report(log) {
    const { kills, retries, faults, acknowledged } = this;
    const fatal = this.store.exits.filter((exit) => exit === EXIT_UNKNOWN).length;
    return {
      seed: this.seed,
      kills,
      acknowledged,
      races: this.history.length,
      retries,
      endedByItself: fatal,
      faults,
      log,
    };
  }
}

/**
 * @param {object} options
 * @param {number} options.cycles kills in all
 * @param {number} [options.seed]
 * @param {number} [options.postgresKillEvery] every so many kills PostgreSQL is killed instead of the store
 * @param {number} [options.loadMs] at most so long between two kills
 * @param {(line: string) => void} [options.say]
 */
async function crashLoop({ cycles, seed = Date.now() % 1e9, postgresKillEvery = 8, loadMs = 40, say = () => {} }) {
  const rig = new Rig({ seed, postgresKillEvery, loadMs, say });
  try {
    await rig.start();
    for (let number = 0; number < cycles && !rig.over; number += 1) {
      await rig.round(number);
      if (number % 25 === 24) say(`${number + 1} of ${cycles} kills`);
    }
    await rig.finish();
    return rig.report();
  } finally {
    await rig.close();
  }
}

module.exports = { crashLoop };
