/** How long the scheduler is away after kill -9 of the process that leads, while a second one stands by: real servers. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, reportBench } from '../../../scripts/lib/bench-report.mjs';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { JobQuotaReserved } = require('@solyx/contracts/cmo');
const { PriceListPublished } = require('@solyx/contracts/billing');
const { encodeMessage, EventStoreLog, NatsBus, NatsLink } = require('@solyx/eventing');
const { deriveId, SystemRandom } = require('@solyx/kernel');
const { findOrInstallNatsServer, startNats } = require('../../../scripts/lib/nats.cjs');
const { freePort } = require('../../../scripts/lib/ports.cjs');
const { startPostgres } = require('../../../scripts/lib/postgres.cjs');

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const ROUNDS = 5;
const WITHIN_MS = 60_000;
const now = () => new Date().toISOString();
const folder = mkdtempSync(path.join(os.tmpdir(), 'solyx-takeover-'));
const running = new Set();

async function startNode(file, env) {
  const child = spawn(process.execPath, [path.join(ROOT, file)], {
    env: { ...process.env, SOLYX_LOG_LEVEL: 'error', ...env },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const [ready] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  if (ready?.solyx !== 'ready') throw new Error(`${file} did not start`);
  return child;
}

async function startServers() {
  const postgres = await startPostgres({ dataDir: path.join(folder, 'postgres') });
  const [natsPort, storePort] = [await freePort(), await freePort()];
  const configPath = path.join(folder, 'nats.conf');
  writeFileSync(configPath, `jetstream { store_dir: ${JSON.stringify(path.join(folder, 'jetstream'))} }\n`);
  const binary = process.env.SOLYX_NATS_SERVER ?? (await findOrInstallNatsServer(path.join(ROOT, '.solyx')));
  const nats = await startNats({ binary, configPath, port: natsPort });
  const store = await startNode('libs/eventstore-embedded/dist/main.js', {
    SOLYX_EVENTSTORE_POSTGRES_URL: postgres.url,
    SOLYX_EVENTSTORE_PORT: String(storePort),
  });
  return { postgres, nats, store, storeUrl: `esdb://127.0.0.1:${storePort}?tls=false` };
}

/** Records a fact of another context and tells it on the bus, as its relay would. */
function teller({ postgres, nats, storeUrl }, log) {
  const buses = new Map();
  const tell = async (context, stream, event) => {
    const urls = { eventStoreUrl: storeUrl, natsUrl: nats.url, postgresUrl: postgres.url, instance: 'bench' };
    const told = buses.get(context) ?? { bus: new NatsBus(new NatsLink(context, urls)), sequence: 0 };
    if (!buses.has(context)) await told.bus.declare(context);
    buses.set(context, told);
    const id = deriveId('takeover', stream, event.type);
    const actor = { kind: 'key', id: 'key_1', roles: ['owner'] };
    const metadata = { version: 1, organizationId: 'acme', actor, $correlationId: stream, $causationId: id };
    const { revision, position } = await log.append(stream, [{ ...event, id, metadata }], 'any');
    const recorded = { ...event, id, stream, revision, position, recordedAt: now(), metadata };
    told.sequence = await told.bus.publish(context, encodeMessage(recorded), told.sequence);
  };
  return { tell, close: () => Promise.all([...buses.values()].map(({ bus }) => bus.close())) };
}

const jobOf = (jobId) =>
  JobQuotaReserved({
    ...{ jobId, holdMicroUsd: '1000000', at: now() },
    request: {
      ...{ workloadId: jobId, attempt: 1, organizationId: 'acme', project: 'bench', name: jobId, nodes: 1 },
      resources: { gpus: 1, gpuMilli: 1000, cpuMilli: 1000, memoryMiB: 1024 },
      placement: { sources: ['owned'], regions: [], simulated: true },
      ...{ limits: { maxRuntimeSeconds: 3_600 }, priority: 50, data: [], queuedAt: now() },
    },
  });

const pricesOf = () =>
  PriceListPublished({
    ...{ priceListId: 'bench', version: 1, currency: 'USD', effectiveFrom: now(), at: now() },
    entries: ['gpu', 'cpu', 'memory'].map((resource) => ({
      ...{ source: 'owned', simulated: true, resource, gpuModel: '*', microUsdPerUnit: '1000' },
    })),
  });

async function main() {
  const servers = await startServers();
  const log = new EventStoreLog(servers.storeUrl, new SystemRandom());
  const { tell, close } = teller(servers, log);
  const granted = new Map();
  const subscription = await log.subscribe({
    prefixes: ['drm.'],
    onEvent: ({ type, data }) => {
      if (type === 'drm.partition.allocation-granted') granted.get(data.allocation.workloadId)?.();
    },
  });
  const placed = async (jobId) => {
    const there = new Promise((resolve, reject) => {
      granted.set(jobId, resolve);
      setTimeout(() => reject(new Error(`${jobId} was not placed`)), WITHIN_MS).unref();
    });
    await tell('cmo', `cmo.job-${jobId}`, jobOf(jobId));
    await there;
  };
  const env = {
    ...{ SOLYX_EVENTSTORE_URL: servers.storeUrl, SOLYX_NATS_URL: servers.nats.url },
    ...{ SOLYX_DRM_POSTGRES_URL: servers.postgres.url, SOLYX_DRM_SIMULATED_FLEET: 'true' },
  };
  const start = (name) => startNode('apps/drm/dist/main.js', { ...env, SOLYX_INSTANCE: name });
  let leader = await start('drm-0');
  await tell('billing', 'billing.priceList-bench', pricesOf());
  await placed('job_first');
  const away = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const standby = await start(`drm-${round}`);
    await placed(`job_before_${round}`);
    const gone = once(leader, 'exit');
    leader.kill('SIGKILL');
    await gone;
    const from = performance.now();
    await placed(`job_after_${round}`);
    away.push(performance.now() - from);
    leader = standby;
  }
  reportBench('takeover', [
    {
      name: 'kill -9 of the leading scheduler to the next placement',
      value: median(away),
      unit: 'ms',
      better: 'lower',
    },
    { name: 'the same, slowest of five kills', value: Math.max(...away), unit: 'ms', better: 'lower', target: 5_000 },
  ]);
  await subscription.close();
  await close();
  await log.close();
  for (const child of running) child.kill('SIGKILL');
  await servers.nats.stop();
  await servers.postgres.stop();
}

try {
  await main();
} finally {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
