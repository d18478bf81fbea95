/**
 * Live earnings: from a fact of usage of a shared GPU, reported by another context, to the row that shows its owner what
 * was earned. Through the embedded store over a durable PostgreSQL, nats-server, and the billing service as a process of
 * its own: recorded, relayed, claimed, rated, charged, relayed again, earned, shown. Beside it one round trip of an append
 * and a query with nothing in between: no way through the log is shorter.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { percentile, reportBench } from '../../../scripts/lib/bench-report.mjs';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { Logger } = require('@nestjs/common');
const { SystemRandom } = require('@solyx/kernel');
const { UsageReported } = require('@solyx/contracts/cmo');
const eventing = require('@solyx/eventing');
const testing = require('@solyx/testing');
const { providerView } = require('../dist/index.js');
const { freePort } = require('../../../scripts/lib/ports.cjs');
const { Pool } = require('pg');

Logger.overrideLogger(false);
const FACTS = Number(process.env.SOLYX_BENCH_FACTS ?? '40');
const EVERY_MS = 500;
const WITHIN_MS = 60_000;
const POLL_MS = 10;
const MAIN = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'main.js');
const SHOWN = `SELECT 1 FROM ${providerView.name}_v${providerView.version} WHERE organization_id = $1 AND valid_to_position IS NULL`;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A GPU-hour of a GPU that this owner shares, for a customer of its own. */
function usageOf(owner) {
  const now = new Date().toISOString();
  const fact = {
    ...{ usageId: `u-${owner}`, resource: { kind: 'deployment', id: 'dep_1' }, meter: 'gpu', unit: 'milli-gpu-ms' },
    ...{ quantity: '3600000000', from: now, to: now, source: 'shared', simulated: false, model: 'H100' },
    ...{ pricing: 'on-demand', quality: 'standard', project: 'default', providerId: owner },
  };
  const metadata = {
    ...{ version: 1, organizationId: `of-${owner}`, actor: { kind: 'service', id: 'cmo', roles: [] } },
    ...{ $correlationId: 'bench', $causationId: 'bench' },
  };
  const event = UsageReported({ meterId: owner, organizationId: `of-${owner}`, facts: [fact], at: now });
  return { ...event, id: randomUUID(), metadata };
}

async function startBilling({ store, nats, postgres }) {
  const env = {
    ...process.env,
    SOLYX_EVENTSTORE_URL: store.url,
    SOLYX_NATS_URL: nats.url,
    SOLYX_BILLING_POSTGRES_URL: postgres.url,
    SOLYX_BILLING_HTTP_PORT: String(await freePort()),
    SOLYX_LOG_LEVEL: 'warn',
  };
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'inherit', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  const began = performance.now();
  for (;;) {
    const health = await fetch(`http://127.0.0.1:${env.SOLYX_BILLING_HTTP_PORT}/ready`).catch(() => undefined);
    if (health?.ok) return child;
    if (child.exitCode !== null || performance.now() - began > WITHIN_MS) throw new Error('billing is not ready');
    await wait(100);
  }
}

/** The context that reports: its relay is the real one. */
function startReporter(log, natsUrl) {
  const options = { eventStoreUrl: '', natsUrl, postgresUrl: '', instance: 'bench' };
  const bus = new eventing.NatsBus(new eventing.NatsLink('cmo', options));
  const parts = { log, bus, checkpoints: new testing.MemoryCheckpoints(), random: new SystemRandom() };
  const relay = new eventing.Relay(parts, 'cmo', 1n);
  relay.start();
  return async () => {
    await relay.stop();
    await bus.close();
  };
}

const postgres = await testing.launchPostgres({ durable: true });
const nats = await testing.launchNats();
const store = await testing.launchEventStore(postgres.url);
const log = new eventing.EventStoreLog(store.url);
const database = new Pool({ connectionString: postgres.url, max: 8 });
const billing = await startBilling({ store, nats, postgres });
const stopReporter = startReporter(log, nats.url);

async function earned(owner) {
  const begun = performance.now();
  await log.append(`cmo.usage-${owner}`, [usageOf(owner)], 'any');
  while ((await database.query(SHOWN, [owner])).rows.length === 0) {
    if (performance.now() - begun > WITHIN_MS) throw new Error(`what ${owner} earned is never shown`);
    await wait(POLL_MS);
  }
  return performance.now() - begun;
}

try {
  await earned('warm');
  const running = [];
  for (let index = 0; index < FACTS; index += 1) {
    running.push(earned(`owner${index}`));
    await wait(EVERY_MS);
  }
  const took = await Promise.all(running);
  const bare = [];
  for (let index = 0; index < 50; index += 1) {
    const begun = performance.now();
    await log.append(`bench.nothing-${index}`, [usageOf(`nobody${index}`)], 'any');
    await database.query(SHOWN, [`nobody${index}`]);
    bare.push(performance.now() - begun);
  }
  reportBench('earnings', [
    {
      name: 'usage to live earnings, p95',
      value: percentile(took, 0.95),
      unit: 'ms',
      better: 'lower',
      target: 2_000,
      peer: { name: 'one append and one query, p95', value: percentile(bare, 0.95) },
    },
    { name: 'usage to live earnings, p50', value: percentile(took, 0.5), unit: 'ms', better: 'lower' },
  ]);
} finally {
  billing.kill('SIGTERM');
  if (billing.exitCode === null) await Promise.race([once(billing, 'exit'), wait(10_000)]);
  billing.kill('SIGKILL');
  await stopReporter();
  await database.end();
  await log.close();
  await store.stop();
  await nats.stop();
  await postgres.stop();
}
