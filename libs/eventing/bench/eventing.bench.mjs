/**
 * How long a fact takes from the append to its handler, through store, relay and JetStream, and how many commands a
 * second a process decides. The store is the embedded one over a durable PostgreSQL, each server in a process of its
 * own; beside each figure the bare library, measured in the same run.
 */
import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';
import { connect, nanos, AckPolicy } from 'nats';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { Logger } = require('@nestjs/common');
const { accept, SystemClock, SystemRandom } = require('@solyx/kernel');
const { JobRunning } = require('@solyx/contracts/cmo');
const eventing = require('@solyx/eventing');
const testing = require('@solyx/testing');

Logger.overrideLogger(false);
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const report = (figure) => console.log(`BENCH ${JSON.stringify(figure)}`);
const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

const PER_SECOND = 200;
const SECONDS = 8;
const WARM_UP = 400;
const BACKLOG_WITHIN_MS = 15_000;

/** Starts `one(i)` evenly, and answers the milliseconds that each took until `arrived(i)` was called. */
async function pace(one, acknowledged = []) {
  const began = [];
  const took = [];
  let done;
  const all = new Promise((resolve) => (done = resolve));
  const total = WARM_UP + PER_SECOND * SECONDS;
  let arrivedCount = 0;
  const arrived = (i) => {
    if (i >= WARM_UP) took.push(performance.now() - began[i]);
    arrivedCount += 1;
    if (arrivedCount === total) done();
  };
  const start = performance.now();
  for (let i = 0; i < total; i += 1) {
    const due = start + (i * 1000) / PER_SECOND;
    while (performance.now() < due) await wait(Math.max(0, due - performance.now()));
    began[i] = performance.now();
    void one(i, arrived).then(() => {
      if (i >= WARM_UP) acknowledged.push(performance.now() - began[i]);
    });
  }
  await all;
  return took.sort((a, b) => a - b);
}

async function bareJetStream(url) {
  const connection = await connect({ servers: url, noAsyncTraces: true });
  const manager = await connection.jetstreamManager();
  await manager.streams.add({ name: 'BARE', subjects: ['bare.>'] });
  await manager.consumers.add('BARE', {
    durable_name: 'bare',
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(30_000),
  });
  const jetstream = connection.jetstream();
  const consumer = await jetstream.consumers.get('BARE', 'bare');
  const body = JSON.stringify({ jobId: 'job_1', attempt: 1, at: '2026-01-01T00:00:00.000Z', pad: 'x'.repeat(150) });
  let arrivedNow;
  const messages = await consumer.consume({
    callback: (message) => {
      arrivedNow(Number(message.subject.slice(5)));
      message.ack();
    },
  });
  const took = await pace((i, arrived) => {
    arrivedNow = arrived;
    return jetstream.publish(`bare.${i}`, body, { msgID: String(i) });
  });
  await messages.close();
  await connection.close();
  return took;
}

const metadata = {
  version: 1,
  organizationId: 'acme',
  actor: { kind: 'service', id: 'cmo', roles: [] },
  $correlationId: 'bench',
  $causationId: 'bench',
};
const eventOf = (i) => ({
  ...JobRunning({ jobId: `job_${i}`, attempt: 1, at: '2026-01-01T00:00:00.000Z' }),
  id: randomUUID(),
  metadata,
});

class Hearer {
  hear(event) {
    this.arrived?.(Number(event.data.jobId.slice(4)));
    this.count = (this.count ?? 0) + 1;
    return Promise.resolve();
  }
}
eventing.OnEvent(JobRunning)(Hearer.prototype, 'hear');

function plane(log, natsUrl) {
  const options = { eventStoreUrl: '', natsUrl, postgresUrl: '', instance: 'bench' };
  const bus = (context) => new eventing.NatsBus(new eventing.NatsLink(context, options));
  const random = new SystemRandom();
  const hearer = new Hearer();
  const shared = { log, checkpoints: new testing.MemoryCheckpoints(), random };
  const dispatcher = new eventing.EventDispatcher({
    handlers: new eventing.HandlerTable([hearer]),
    parking: new testing.MemoryParkingLot(),
    clock: new SystemClock(),
    random,
  });
  const buses = [bus('cmo'), bus('billing')];
  const relay = new eventing.Relay({ ...shared, bus: buses[0] }, 'cmo', 1n);
  const consumer = new eventing.Consumer({ ...shared, bus: buses[1], dispatcher }, 'billing', 'cmo', 1n);
  relay.start();
  consumer.start();
  const stop = async () => {
    await consumer.stop();
    await relay.stop();
    for (const one of buses) await one.close();
  };
  return { hearer, stop };
}

const counter = {
  name: 'cmo.job',
  initial: 0,
  decide: (_command, count) =>
    accept(JobRunning({ jobId: 'job_1', attempt: count + 1, at: '2026-01-01T00:00:00.000Z' })),
  evolve: (count) => count + 1,
};

/** Runs `one(worker)` over and over on each of `workers`, and answers how many a second. */
async function rate(workers, seconds, one) {
  const end = performance.now() + seconds * 1000;
  let count = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      while (performance.now() < end) {
        await one(worker);
        count += 1;
      }
    }),
  );
  return (count * 1000) / (performance.now() - began);
}

async function transactions(log) {
  const streams = new eventing.Streams(log);
  const names = Array.from({ length: 64 }, () => randomUUID());
  const context = () => ({
    commandId: randomUUID(),
    organizationId: 'acme',
    actor: metadata.actor,
    correlationId: 'bench',
    causationId: 'bench',
  });
  const transact = (worker) => streams.transact(counter, names[worker], { type: 'Count', data: {} }, context());
  await rate(64, 1, transact);
  const perSecond = await rate(64, 4, transact);
  const bare = await rate(64, 4, () => log.append(`cmo.job-${randomUUID()}`, [eventOf(1)], 'any'));
  const alone = await rate(1, 3, transact);
  const bareAlone = await rate(1, 3, () => log.append(`cmo.job-${randomUUID()}`, [eventOf(1)], 'any'));
  return { perSecond, bare, alone, bareAlone };
}

const postgres = await testing.launchPostgres({ durable: true });
const nats = await testing.launchNats();
const store = await testing.launchEventStore(postgres.url);
const log = new eventing.EventStoreLog(store.url);
try {
  const bare = await bareJetStream(nats.url);
  const { hearer, stop } = plane(log, nats.url);
  const acknowledged = [];
  const whole = await pace(async (i, arrived) => {
    hearer.arrived = arrived;
    await log.append(`cmo.job-${randomUUID()}`, [eventOf(i)], 'no_stream');
  }, acknowledged);
  acknowledged.sort((a, b) => a - b);
  for (const share of [0.5, 0.99]) {
    // The store's own part of the way: the rest is relay, bus and dispatch.
    report({ name: `append acknowledged p${share * 100}`, value: at(acknowledged, share), unit: 'ms' });
  }
  const peer = (value) => ({ name: 'bare JetStream publish to consume', value });
  report({
    name: `append to handler p50 at ${PER_SECOND}/s`,
    value: at(whole, 0.5),
    unit: 'ms',
    peer: peer(at(bare, 0.5)),
  });
  report({
    name: `append to handler p99 at ${PER_SECOND}/s`,
    value: at(whole, 0.99),
    unit: 'ms',
    atMost: 10,
    peer: peer(at(bare, 0.99)),
  });
  await stop();

  const { perSecond, bare: appends, alone, bareAlone } = await transactions(log);
  report({
    name: 'transact on 64 hot streams',
    value: perSecond,
    unit: '1/s',
    peer: { name: 'bare append', value: appends },
  });
  report({
    name: 'transact on one hot stream',
    value: alone,
    unit: '1/s',
    peer: { name: 'bare append', value: bareAlone },
  });

  const before = performance.now();
  const backlog = plane(log, nats.url);
  let seen = -1;
  const late = () => performance.now() - before > BACKLOG_WITHIN_MS;
  while (!late() && (seen !== (backlog.hearer.count ?? 0) || seen === 0)) {
    seen = backlog.hearer.count ?? 0;
    await wait(500);
  }
  report({
    name: 'backlog from the log through JetStream to handlers',
    value: ((backlog.hearer.count ?? 0) * 1000) / (performance.now() - before - (late() ? 0 : 500)),
    unit: 'events/s',
  });
  await backlog.stop();
} finally {
  await log.close();
  await store.stop();
  await nats.stop();
  await postgres.stop();
}
