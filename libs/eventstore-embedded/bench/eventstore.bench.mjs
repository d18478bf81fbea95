/**
 * The event store over PostgreSQL through the official client, beside what PostgreSQL itself commits in the same run.
 * Client, store and PostgreSQL are three processes, as in production; everything is durable.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { EventStoreDBClient, jsonEvent } = require('@eventstore/db-client');
const { Client } = require('pg');
const { freePort } = require('../../../scripts/lib/ports.cjs');
const { startPostgres } = require('../../../scripts/lib/postgres.cjs');

const HERE = path.dirname(fileURLToPath(import.meta.url));
const MAIN = path.join(HERE, '..', 'dist', 'main.js');
const SECONDS = Number(process.env.BENCH_SECONDS ?? 4);
const MILLION = Number(process.env.BENCH_EVENTS ?? 1_000_000);
const BODY = { text: 'x'.repeat(850) };
const METADATA = { tenant: 'acme', actor: 'bench', correlationId: randomUUID(), causationId: randomUUID() };

const figure = (row) => console.log(`BENCH ${JSON.stringify(row)}`);
const anEvent = () => jsonEvent({ id: randomUUID(), type: 'bench.thing.happened', data: BODY, metadata: METADATA });

/** The value below which a share of the samples lies. */
function quantile(samples, share) {
  const sorted = Float64Array.from(samples).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Runs `inFlight` loops for some seconds; events per second and the time of each in ms. */
async function load(inFlight, work, seconds = SECONDS) {
  const times = [];
  const until = performance.now() + seconds * 1000;
  const started = performance.now();
  const loop = async (number) => {
    while (performance.now() < until) {
      const before = performance.now();
      await work(number);
      times.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, number) => loop(number)));
  const rate = times.length / ((performance.now() - started) / 1000);
  return { rate, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

/** The store as a process of its own. */
async function startStore(postgresUrl) {
  const port = await freePort();
  const env = {
    ...process.env,
    SOLYX_EVENTSTORE_POSTGRES_URL: postgresUrl,
    SOLYX_EVENTSTORE_PORT: String(port),
    SOLYX_LOG_LEVEL: 'warn',
  };
  const started = performance.now();
  const child = spawn(process.execPath, [...(process.env.BENCH_STORE_FLAGS?.split(' ') ?? []), MAIN], {
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'message');
  const startMs = performance.now() - started;
  const stop = async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
  const rssMiB = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  return { url: `esdb://127.0.0.1:${port}?tls=false`, pid: child.pid, startMs, stop, rssMiB };
}

/** What one PostgreSQL connection commits: one row of about the same size per transaction. */
async function ownCommits(url, inFlight) {
  const connections = await Promise.all(
    Array.from({ length: inFlight }, async () => {
      const client = new Client({ connectionString: url });
      await client.connect();
      return client;
    }),
  );
  await connections[0].query(
    'CREATE TABLE IF NOT EXISTS bench_rows (id bigserial PRIMARY KEY, key uuid NOT NULL, body bytea NOT NULL)',
  );
  const body = Buffer.alloc(1024, 120);
  const insert = (number) =>
    connections[number].query({
      name: 'insert',
      text: 'INSERT INTO bench_rows (key, body) VALUES ($1, $2)',
      values: [randomUUID(), body],
    });
  await load(inFlight, insert, 1);
  const result = await load(inFlight, insert);
  for (const connection of connections) await connection.end();
  return result;
}

async function appends(url, postgresUrl) {
  const client = EventStoreDBClient.connectionString(url);
  const run = randomUUID();
  const revisions = [];
  const append = async (number) => {
    const expectedRevision = revisions[number] ?? 'no_stream';
    const answer = await client.appendToStream(`bench-${run}-${number}`, anEvent(), { expectedRevision });
    revisions[number] = answer.nextExpectedRevision;
  };
  await load(64, append, 3);
  const targets = { 32: 8000, 256: 12_000 };
  for (const inFlight of [1, 32, 256]) {
    const peer = inFlight === 1 ? await ownCommits(postgresUrl, 1) : undefined;
    const { rate, p50, p99 } = await load(inFlight, append);
    const again = inFlight === 1 ? await ownCommits(postgresUrl, 1) : undefined;
    const own = peer && again && (peer.rate + again.rate) / 2;
    const atLeast = own === undefined ? targets[inFlight] : 0.7 * own;
    const beside = own === undefined ? {} : { peer: { name: 'PostgreSQL, one row per commit', value: own } };
    figure({ name: `durable appends, ${inFlight} in flight`, value: rate, unit: 'events/s', atLeast, ...beside });
    figure({ name: `durable append, ${inFlight} in flight, p50`, value: p50, unit: 'ms' });
    figure({ name: `durable append, ${inFlight} in flight, p99`, value: p99, unit: 'ms' });
  }
  await client.dispose();
}

/** Events per second until the stream ends, or has brought as many as it can. */
async function count(stream, atMost) {
  const started = performance.now();
  let seen = 0;
  let rate = 0;
  for await (const event of stream) {
    if (event) seen += 1;
    if (seen !== atMost) continue;
    rate = seen / ((performance.now() - started) / 1000);
    // Whoever merely leaves the loop leaves the call open, and the client waits for it when it is disposed of.
    await stream.unsubscribe?.();
  }
  return rate;
}

async function reads(url) {
  const client = EventStoreDBClient.connectionString(url);
  const stream = `read-${randomUUID()}`;
  const total = 60_000;
  const small = () => jsonEvent({ type: 'bench.thing.happened', data: { text: 'x'.repeat(200) }, metadata: METADATA });
  for (let written = 0; written < total; written += 1000) {
    await client.appendToStream(stream, Array.from({ length: 1000 }, small));
  }
  const last = client.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: total });
  let first;
  for await (const { event } of last) first = event.position;
  // The best of three, since the first also warms the reader up.
  const best = async (read, events) =>
    Math.max(await count(read(), events), await count(read(), events), await count(read(), events));
  const atLeast = 45_000;
  const unit = 'events/s';
  const readStream = await best(() => client.readStream(stream), total);
  figure({ name: 'read a stream, 350-byte events', value: readStream, unit, atLeast });
  const readAll = await best(() => client.readAll({ fromPosition: first }), total);
  figure({ name: 'read $all, 350-byte events', value: readAll, unit, atLeast });
  // A subscription starts after the position that it names.
  const catchUp = await best(() => client.subscribeToAll({ fromPosition: first }), total - 1);
  figure({ name: 'catch-up subscription, 350-byte events', value: catchUp, unit, atLeast });
  await client.dispose();
}

/** Time from the call of an append to the event in the hands of a subscriber that was idle. */
async function delivery(url) {
  const [writer, reader] = [0, 1].map(() => EventStoreDBClient.connectionString(url));
  const subscription = reader.subscribeToAll({ fromPosition: 'end' });
  const sent = new Map();
  const times = [];
  const acknowledged = [];
  subscription.on('data', ({ event }) => {
    const at = sent.get(event.id);
    if (at !== undefined) times.push(performance.now() - at);
  });
  await once(subscription, 'caughtUp');
  for (let number = 0; number < 400; number += 1) {
    const event = anEvent();
    const before = performance.now();
    sent.set(event.id, before);
    await writer.appendToStream('delivered', event);
    acknowledged.push(performance.now() - before);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  while (times.length < 400) await new Promise((resolve) => setTimeout(resolve, 5));
  const peer = { name: 'acknowledgement of the same append, p99', value: quantile(acknowledged, 0.99) };
  figure({ name: 'append to idle subscriber, p50', value: quantile(times, 0.5), unit: 'ms' });
  figure({ name: 'append to idle subscriber, p99', value: quantile(times, 0.99), unit: 'ms', atMost: 5, peer });
  await subscription.unsubscribe();
  await writer.dispose();
  await reader.dispose();
}

/** Fills the log by SQL, in the form in which the store writes it. */
async function fill(postgresUrl, events) {
  const client = new Client({ connectionString: postgresUrl });
  await client.connect();
  await client.query('SET synchronous_commit = off');
  const { rows } = await client.query('SELECT coalesce(max(position), 0) AS tail FROM eventstore.events');
  const tail = Number(rows[0].tail);
  const chunk = 50_000;
  for (let from = 0; from < events; from += chunk) {
    await client.query(
      `INSERT INTO eventstore.events
       SELECT $1::bigint + n * 1200, 'filled-' || (n % 10000), n / 10000, gen_random_uuid(), 'bench.thing.happened', true,
         (extract(epoch FROM now()) * 1000)::bigint, convert_to('{"text":"' || repeat('x', 800) || '"}', 'UTF8'), '\\x7b7d'
       FROM generate_series($2::bigint, $3::bigint) AS n`,
      [tail + 1200, from, Math.min(events, from + chunk) - 1],
    );
  }
  await client.query('VACUUM ANALYZE eventstore.events');
  await client.end();
}

async function coldStart(postgresUrl) {
  const store = await startStore(postgresUrl);
  const client = EventStoreDBClient.connectionString(store.url);
  const before = performance.now();
  await client.appendToStream(`filled-77`, anEvent(), { expectedRevision: BigInt(MILLION / 10000 - 1) });
  const firstMs = performance.now() - before;
  const any = performance.now();
  await client.appendToStream(`filled-78`, anEvent());
  const anyMs = performance.now() - any;
  figure({ name: `cold start at ${MILLION} events`, value: store.startMs, unit: 'ms' });
  figure({ name: 'first append after it, exact revision', value: firstMs, unit: 'ms' });
  figure({ name: 'first append after it, any revision', value: anyMs, unit: 'ms' });
  let seen = 0;
  const started = performance.now();
  for await (const event of client.readAll()) if (event) seen += 1;
  figure({
    name: 'read all of them, 900-byte events',
    value: seen / ((performance.now() - started) / 1000),
    unit: 'events/s',
  });
  const revisions = [];
  await load(64, async (number) => {
    const expectedRevision = revisions[number] ?? 'no_stream';
    const answer = await client.appendToStream(`after-${number}`, anEvent(), { expectedRevision });
    revisions[number] = answer.nextExpectedRevision;
  });
  figure({
    name: `resident memory of the store at ${MILLION} events`,
    value: store.rssMiB(),
    unit: 'MiB',
    atMost: 300,
  });
  await client.dispose();
  await store.stop();
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'solyx-bench-'));
const postgres = await startPostgres({ dataDir: path.join(folder, 'data') });
try {
  // What else the machine had to do: figures of a busy one say little beside a target.
  const busy = os.loadavg()[0] / os.cpus().length;
  figure({ name: 'load average per core before it began', value: busy, unit: 'processes', better: 'lower' });
  const only = process.env.BENCH_ONLY ?? 'appends reads delivery cold';
  const store = await startStore(postgres.url);
  if (only.includes('appends')) await appends(store.url, postgres.url);
  if (only.includes('delivery')) await delivery(store.url);
  if (only.includes('reads')) await reads(store.url);
  await store.stop();
  if (only.includes('cold')) {
    await fill(postgres.url, MILLION);
    await coldStart(postgres.url);
  }
} finally {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
