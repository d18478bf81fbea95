/**
 * Webhooks as a customer meets them: facts in the log, the billing service as a process of its own over the embedded store
 * and a durable PostgreSQL, a receiver on this machine. How long from the fact to the first attempt; how many deliveries
 * a second one endpoint and sixteen get, beside bare undici with the same bodies and as many connections; and what is
 * lost when billing, nats-server, PostgreSQL and the store are killed with -9 one after another meanwhile.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { Logger } = require('@nestjs/common');
const { Agent } = require('undici');
const { SystemRandom } = require('@solyx/kernel');
const { WebhookCreated, WebhookReplayOrdered } = require('@solyx/contracts/billing');
const { JobSucceeded } = require('@solyx/contracts/cmo');
const eventing = require('@solyx/eventing');
const testing = require('@solyx/testing');
const { PostgresWebhookSecrets } = require('../dist/adapters/webhooks/postgres-webhook-secrets.js');
const { SealingKey } = require('../dist/adapters/webhooks/sealing-key.js');
const { isAlive } = require('../../../scripts/lib/plane.cjs');
const { freePort } = require('../../../scripts/lib/ports.cjs');

Logger.overrideLogger(false);
const LATENCY_PER_SECOND = 50;
const LATENCY_SECONDS = 15;
const CROWD = 16;
const THROUGHPUT_EVENTS = 4_000;
const KILL_PER_SECOND = 40;
const WITHIN_MS = 180_000;
const SEALING_HEX = 'a5'.repeat(32);
const MAIN = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'main.js');

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const report = (figure) => console.log(`BENCH ${JSON.stringify(figure)}`);
const at = (values, share) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};

async function until(fact, what) {
  const end = Date.now() + WITHIN_MS;
  let last;
  while (Date.now() < end) {
    try {
      if (await fact()) return;
    } catch (error) {
      last = error;
    }
    await wait(10);
  }
  throw new Error(`${what}: not within ${WITHIN_MS / 1_000} s ${last ?? ''}`);
}

/** When each job's event first came, and how often anything came, by path. */
class Receiver {
  constructor() {
    this.first = new Map();
    this.counts = new Map();
    this.times = [];
    this.server = createServer((request, response) => {
      const chunks = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        response.writeHead(204).end();
        this.take(request.url, JSON.parse(Buffer.concat(chunks).toString('utf8')));
      });
    });
    this.server.keepAliveTimeout = 60_000;
  }
  take(url, body) {
    const now = performance.now();
    const name = `${url} ${body.data.jobId}`;
    if (!this.first.has(name)) this.first.set(name, now);
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
    this.times.push(now);
  }
  clear() {
    this.first.clear();
    this.counts.clear();
    this.times.length = 0;
  }
  async listen() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${this.server.address().port}`;
  }
  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const servers = {};
let billing;
let over = false;
/** Starts it, and again whenever it ends, as whatever runs services would. */
async function startBilling() {
  const env = {
    ...process.env,
    SOLYX_EVENTSTORE_URL: servers.store.url,
    SOLYX_NATS_URL: servers.nats.url,
    SOLYX_BILLING_POSTGRES_URL: servers.postgres.url,
    SOLYX_BILLING_HTTP_PORT: String(await freePort()),
    SOLYX_BILLING_WEBHOOK_LOCAL: 'true',
    SOLYX_BILLING_WEBHOOK_KEY: SEALING_HEX,
    SOLYX_LOG_LEVEL: 'error',
  };
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${env.SOLYX_BILLING_HTTP_PORT}`;
  await until(async () => (await fetch(`${url}/live`)).ok, 'billing answers');
  billing = child;
}

const backAgain = () => {
  billing.once('exit', () => {
    if (!over) startBilling().then(backAgain, (error) => console.error(error.message));
  });
};

const metadataOf = (organizationId) => ({
  ...{ version: 1, organizationId, actor: { kind: 'service', id: 'bench', roles: [] } },
  ...{ $correlationId: 'bench', $causationId: 'bench' },
});

let log;
let jobs = 0;
/** One fact; resolves with its job and when the store had it. */
async function succeed(organizationId) {
  jobs += 1;
  const jobId = `job_bench${jobs}`;
  const event = JobSucceeded({ jobId, attempt: 1, at: new Date().toISOString() });
  const stored = { ...event, id: randomUUID(), metadata: metadataOf(organizationId) };
  for (;;) {
    try {
      await log.append(`cmo.job-${jobId}`, [stored], 'no_stream');
      return { jobId, at: performance.now() };
    } catch (error) {
      if (!error.retryable) throw error;
      await wait(50);
    }
  }
}

/** An endpoint, and a replay of all that the log holds where that is wanted. */
async function endpoint(database, { organizationId, name, url, replayed = false }) {
  const endpointId = `whk_${name}`;
  const now = new Date().toISOString();
  const secrets = new PostgresWebhookSecrets(database, new SealingKey({ hex: SEALING_HEX, file: '' }));
  const key = await secrets.make({ keyId: `key_${name}`, endpointId, organizationId, algorithm: 'v1', at: now });
  const settings = { url, description: '', types: ['job.*'], ordering: 'resource' };
  const event = WebhookCreated({ endpointId, organizationId, requestId: `req_${name}`, settings, key, at: now });
  const order = { endpointId, organizationId, requestId: `again_${name}`, fromPosition: '0', at: now };
  const stored = [event, ...(replayed ? [WebhookReplayOrdered(order)] : [])].map((one) => ({
    ...{ ...one, id: randomUUID(), metadata: metadataOf(organizationId) },
  }));
  await log.append(`billing.webhook-${endpointId}`, stored, 'no_stream');
}

async function latency(receiver) {
  receiver.clear();
  const sent = [];
  for (let n = 0; n < LATENCY_PER_SECOND * LATENCY_SECONDS; n += 1) {
    sent.push(succeed('one'));
    await wait(1_000 / LATENCY_PER_SECOND);
  }
  const facts = await Promise.all(sent);
  await until(() => receiver.first.size >= facts.length, 'all of them came');
  const waits = facts.map((fact) => Math.max(0, receiver.first.get(`/one ${fact.jobId}`) - fact.at));
  report({
    name: 'webhooks: from the fact to the first attempt, p95',
    value: at(waits, 0.95),
    unit: 'ms',
    atMost: 2_000,
  });
  report({
    name: 'webhooks: from the fact to the first attempt, p99',
    value: at(waits, 0.99),
    unit: 'ms',
    atMost: 10_000,
  });
}

/** Deliveries a second from the first to the last, of facts that were all in the log before anyone wanted them. */
async function throughput(receiver, database, organizationId, endpoints) {
  const facts = Math.ceil(THROUGHPUT_EVENTS / endpoints);
  const waves = [];
  for (let n = 0; n < facts; n += 1) {
    waves.push(succeed(organizationId));
    if (waves.length % 200 === 0) await Promise.all(waves.splice(0));
  }
  await Promise.all(waves);
  receiver.clear();
  for (let n = 0; n < endpoints; n += 1) {
    const name = `${organizationId}${n}`;
    await endpoint(database, { organizationId, name, url: `${receiver.url}/${name}`, replayed: true });
  }
  await until(() => receiver.first.size >= facts * endpoints, 'all of them came');
  const [begun] = receiver.times;
  return ((receiver.times.length - 1) * 1_000) / (receiver.times.at(-1) - begun);
}

/** The same bodies to the same receiver, by undici alone, as many at once as one endpoint gets. */
async function bare(receiver, count) {
  receiver.clear();
  const agent = new Agent({ connections: 16, pipelining: 1 });
  const body = (n) =>
    JSON.stringify({ id: 'evt_', type: 'job.succeeded', data: { jobId: `bare${n}` }, more: 'x'.repeat(250) });
  let next = 0;
  const worker = async () => {
    while (next < count) {
      next += 1;
      const options = { origin: receiver.url, path: '/bare', method: 'POST', body: body(next) };
      await (await agent.request(options)).body.dump();
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  await agent.close();
  return ((receiver.times.length - 1) * 1_000) / (receiver.times.at(-1) - receiver.times[0]);
}

async function restart(server, isAlive) {
  if (isAlive) await server.kill().catch((error) => console.error(`it was gone already: ${error.code}`));
  await server.restart();
}

async function killing(receiver) {
  receiver.clear();
  const sent = [];
  let enough = false;
  const load = (async () => {
    while (!enough) {
      sent.push(succeed('one'));
      await wait(1_000 / KILL_PER_SECOND);
    }
  })();
  const victims = [
    async () => {
      const former = billing;
      former.kill('SIGKILL');
      await until(() => billing !== former, 'billing is back');
    },
    ...['nats', 'postgres', 'store'].map((name) => async () => {
      // Who lost its own database may have ended by itself.
      for (const victim of [name, ...(name === 'postgres' ? ['store'] : [])]) {
        if (victim === name || !isAlive(servers[victim].pid)) await restart(servers[victim], victim === name);
      }
    }),
  ];
  for (const kill of victims) {
    await wait(1_500);
    await kill();
  }
  await wait(1_500);
  enough = true;
  await load;
  const facts = await Promise.all(sent);
  const lost = () => facts.filter(({ jobId }) => !receiver.first.has(`/one ${jobId}`));
  await until(() => lost().length === 0, `all of ${facts.length} came`).catch((error) => console.error(error.message));
  const twice = facts.filter(({ jobId }) => (receiver.counts.get(`/one ${jobId}`) ?? 0) > 1).length;
  console.log(
    `webhooks: ${facts.length} facts while everything was killed once, ${twice} of them delivered more than once`,
  );
  report({
    name: 'webhooks: lost while billing, bus, database and store were killed',
    value: lost().length,
    unit: '',
    atMost: 0,
  });
}

const receiver = new Receiver();
try {
  await receiver.listen();
  servers.postgres = await testing.launchPostgres({ durable: true });
  servers.nats = await testing.launchNats();
  servers.store = await testing.launchEventStore(servers.postgres.url);
  await startBilling();
  backAgain();
  log = new eventing.EventStoreLog(servers.store.url, new SystemRandom());
  const database = new eventing.Database({ postgresUrl: servers.postgres.url, instance: 'bench' });
  await until(async () => {
    await database.query('SELECT 1 FROM webhook_secret');
    return true;
  }, 'billing made its tables');
  await endpoint(database, { organizationId: 'one', name: 'one', url: `${receiver.url}/one` });
  await succeed('one');
  await until(() => receiver.first.size === 1, 'the first one came');
  await latency(receiver);
  const peer = { name: 'bare undici, 16 connections', value: await bare(receiver, THROUGHPUT_EVENTS) };
  const one = await throughput(receiver, database, 'alone', 1);
  report({ name: 'webhooks: deliveries to one endpoint', value: one, unit: '/s', atLeast: 500, peer });
  const crowd = await throughput(receiver, database, 'crowd', CROWD);
  await database.close();
  report({ name: 'webhooks: deliveries to 16 endpoints', value: crowd, unit: '/s', atLeast: 500, peer });
  await killing(receiver);
} finally {
  over = true;
  billing?.kill('SIGKILL');
  receiver.close();
  await log?.close();
  for (const server of [servers.store, servers.nats, servers.postgres]) await server?.stop().catch(() => undefined);
  process.exit();
}
