/**
 * Usage through the real bus: facts are recorded by another context over the embedded store (a process of its own, over a
 * durable PostgreSQL), relayed to nats-server, heard by the billing service (a process of its own), claimed, rated,
 * charged, and shown by its views. How many facts a second that sustains, how long a burst takes to be charged, and how
 * long a single fact takes to be on the balance meanwhile. Beside it what the service reads and validates of such facts
 * with nothing else to do: the physical limit of one core.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { Logger } = require('@nestjs/common');
const { SystemRandom } = require('@solyx/kernel');
const { eventRegistry } = require('@solyx/contracts');
const { UsageReported } = require('@solyx/contracts/cmo');
const eventing = require('@solyx/eventing');
const testing = require('@solyx/testing');
const { balanceView, meterView, providerView } = require('../dist/index.js');
const { freePort } = require('../../../scripts/lib/ports.cjs');

Logger.overrideLogger(false);
const SUSTAINED_PER_SECOND = 2_000;
/** A try on a busy machine: `SOLYX_BENCH_SHORT=1`. */
const IS_SHORT = process.env.SOLYX_BENCH_SHORT === '1';
const SUSTAINED_SECONDS = IS_SHORT ? 4 : 20;
const BURST_PER_SECOND = 10_000;
const BURST_SECONDS = IS_SHORT ? 1 : 5;
const FACTS_PER_REPORT = 125;
const ACCOUNTS = 20;
const PROBE_EVERY_MS = 250;
const WITHIN_MS = 120_000;
const POLL_MS = 25;

const MAIN = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'main.js');
const tableOf = ({ name, version }) => `${name}_v${version}`;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const report = (figure) => console.log(`BENCH ${JSON.stringify(figure)}`);
const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
const iso = (ms) => new Date(ms).toISOString();

const metadataOf = (organizationId) => ({
  version: 1,
  organizationId,
  actor: { kind: 'service', id: 'cmo', roles: [] },
  $correlationId: 'bench',
  $causationId: 'bench',
});

let made = 0;
/** Facts that were reported: what must be shown in the end. */
let reported = 0;
/** What the gateway of one endpoint reports: tokens of its model, by request, of some teams. */
function factOf(endpoint = 0) {
  made += 1;
  const now = iso(Date.now());
  return {
    ...{ usageId: `u${made}`, resource: { kind: 'endpoint', id: `ep_${endpoint}` }, unit: 'token' },
    ...{ meter: ['token-input', 'token-output', 'token-cached'][made % 3], quantity: String(100 + (made % 9_000)) },
    ...{ from: now, to: now, source: 'owned', simulated: true, model: `model-${endpoint}`, pricing: 'on-demand' },
    ...{ quality: 'standard', project: 'default', team: `team-${made % 5}` },
  };
}

function reportFor(organizationId, facts) {
  reported += facts.length;
  const data = { meterId: 'gw', organizationId, facts, at: iso(Date.now()) };
  return { ...UsageReported(data), id: randomUUID(), metadata: metadataOf(organizationId) };
}

/** The billing service, as it is started everywhere. */
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
  const url = `http://127.0.0.1:${env.SOLYX_BILLING_HTTP_PORT}`;
  const began = performance.now();
  for (;;) {
    const health = await fetch(`${url}/ready`).catch(() => undefined);
    if (health?.ok) return { child, url };
    if (child.exitCode !== null) throw new Error('billing ended before it was ready');
    if (performance.now() - began > WITHIN_MS) throw new Error('billing is not ready in time');
    await wait(100);
  }
}

/** CPU that a process used since it began, user and system; 0 where the system does not tell. */
function cpuSecondsOf(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
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

/** Reports `perSecond` facts for `seconds`, evenly; answers how many were taken by the store, and in how long. */
async function feed(log, perSecond, seconds) {
  const reports = Math.round((perSecond * seconds) / FACTS_PER_REPORT);
  const everyMs = (FACTS_PER_REPORT * 1_000) / perSecond;
  const begun = performance.now();
  const pending = [];
  for (let index = 0; index < reports; index += 1) {
    const due = begun + index * everyMs;
    while (performance.now() < due) await wait(Math.max(0, due - performance.now()));
    const organizationId = `org-${index % ACCOUNTS}`;
    const facts = Array.from({ length: FACTS_PER_REPORT }, () => factOf(index % 8));
    pending.push(log.append(`cmo.usage-${organizationId}.${index % 8}`, [reportFor(organizationId, facts)], 'any'));
  }
  await Promise.all(pending);
  return { facts: reports * FACTS_PER_REPORT, seconds: (performance.now() - begun) / 1_000 };
}

const shownFacts = async (database) => {
  const { rows } = await database.query(
    `SELECT coalesce(sum((row::json->>'facts')::bigint), 0)::bigint AS facts FROM ${tableOf(meterView)}
     WHERE valid_to_position IS NULL AND (row::json->>'state') = 'charged'`,
  );
  return Number(rows[0]?.facts ?? 0);
};

/** Until every fact that was reported is charged and shown. */
async function allShown(database, facts) {
  const begun = performance.now();
  while ((await shownFacts(database)) < facts) {
    if (performance.now() - begun > WITHIN_MS) throw new Error(`${await shownFacts(database)} of ${facts} are shown`);
    await wait(POLL_MS);
  }
}

let probed = 0;

/**
 * Resolves when a view shows a row of an organization. One look for all that wait: what the measuring costs must not grow
 * with the delay that it measures.
 */
function watch(database, view) {
  const waiting = new Map();
  let isLooking = false;
  const sql = `SELECT DISTINCT organization_id FROM ${tableOf(view)} WHERE organization_id = ANY($1) AND valid_to_position IS NULL`;
  const look = async () => {
    const { rows } = await database.query(sql, [[...waiting.keys()]]);
    for (const { organization_id: id } of rows) {
      waiting.get(id)?.shown();
      waiting.delete(id);
    }
    for (const [id, { since, never }] of waiting) {
      if (performance.now() - since > WITHIN_MS) never(new Error(`${id} is never shown`));
    }
  };
  const lookOn = async () => {
    for (isLooking = true; waiting.size > 0; await wait(POLL_MS)) await look();
    isLooking = false;
  };
  return (organizationId) =>
    new Promise((shown, never) => {
      waiting.set(organizationId, { shown, never, since: performance.now() });
      if (!isLooking) lookOn().catch(never);
    });
}

/**
 * One fact of an account of its own at a time, of a GPU that somebody shares: how long until the balance of who used it
 * shows it, and the earnings of who shares it.
 */
function startProbes(log, database) {
  const balance = [];
  const earnings = [];
  const [onBalance, onProvider] = [watch(database, balanceView), watch(database, providerView)];
  let isStopped = false;
  const probe = async () => {
    probed += 1;
    const [organizationId, providerId] = [`probe-${probed}`, `owner-${probed}`];
    const begun = performance.now();
    const fact = { ...factOf(), source: 'shared', providerId };
    await log.append(`cmo.usage-${organizationId}`, [reportFor(organizationId, [fact])], 'any');
    const took = () => performance.now() - begun;
    const charged = onBalance(organizationId).then(() => balance.push(took()));
    const earned = onProvider(providerId).then(() => earnings.push(took()));
    await Promise.all([charged, earned]);
  };
  const running = (async () => {
    const all = [];
    while (!isStopped) {
      all.push(probe());
      await wait(PROBE_EVERY_MS);
    }
    await Promise.all(all);
  })();
  return {
    stop: async () => {
      isStopped = true;
      await running;
      return { balance: balance.sort((a, b) => a - b), earnings: earnings.sort((a, b) => a - b) };
    },
  };
}

/** Facts a second that one core validates with nothing else to do: the limit that everything above is under. */
function validated() {
  const facts = Array.from({ length: FACTS_PER_REPORT }, () => factOf());
  const event = UsageReported({ meterId: 'gw', organizationId: 'org-0', facts, at: iso(Date.now()) });
  const end = performance.now() + 1_000;
  let count = 0;
  while (performance.now() < end) {
    eventRegistry.validate(event, 64 * 1_024);
    count += FACTS_PER_REPORT;
  }
  return count;
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const postgres = await testing.launchPostgres({ durable: true });
const nats = await testing.launchNats();
const store = await testing.launchEventStore(postgres.url);
const log = new eventing.EventStoreLog(store.url);
const { Pool } = require('pg');
const database = new Pool({ connectionString: postgres.url, max: 8 });
const billing = await startBilling({ store, nats, postgres });
const stopReporter = startReporter(log, nats.url);
try {
  const peer = { name: 'facts that one core reads and validates', value: validated() };
  await feed(log, 500, 2);
  await allShown(database, reported);

  const quiet = startProbes(log, database);
  await wait(5_000);
  const alone = await quiet.stop();
  report({ name: 'usage to balance p95, otherwise quiet', value: at(alone.balance, 0.95), unit: 'ms', atMost: 5_000 });
  report({
    name: 'usage to live earnings p95, otherwise quiet',
    value: at(alone.earnings, 0.95),
    unit: 'ms',
    atMost: 2_000,
  });

  const before = reported;
  const probes = startProbes(log, database);
  const begun = performance.now();
  const cpuBefore = cpuSecondsOf(billing.child.pid);
  const sustained = await feed(log, SUSTAINED_PER_SECOND, SUSTAINED_SECONDS);
  const { balance, earnings } = await probes.stop();
  await allShown(database, reported);
  const seconds = (performance.now() - begun) / 1_000;
  const perSecond = (reported - before) / seconds;
  report({
    name: `usage facts charged and shown, ${SUSTAINED_PER_SECOND}/s for ${SUSTAINED_SECONDS} s`,
    value: perSecond,
    unit: '1/s',
    atLeast: SUSTAINED_PER_SECOND * 0.9,
    peer,
  });
  report({
    name: 'CPU of the billing service for a fact, relay, rating, ledger and views included',
    value: ((cpuSecondsOf(billing.child.pid) - cpuBefore) * 1e6) / (reported - before),
    unit: 'µs',
  });
  report({
    name: 'behind when the last was reported',
    value: seconds - sustained.seconds,
    unit: 's',
  });
  for (const share of [0.5, 0.95]) {
    report({
      name: `usage to balance p${share * 100} at ${SUSTAINED_PER_SECOND}/s`,
      value: at(balance, share),
      unit: 'ms',
      ...(share === 0.95 ? { atMost: 5_000 } : {}),
    });
  }

  report({
    name: `usage to live earnings p95 at ${SUSTAINED_PER_SECOND}/s`,
    value: at(earnings, 0.95),
    unit: 'ms',
  });

  const burstBegun = performance.now();
  const burst = await feed(log, BURST_PER_SECOND, BURST_SECONDS);
  report({
    name: `burst taken by the store and the bus, asked for ${BURST_PER_SECOND}/s`,
    value: burst.facts / burst.seconds,
    unit: '1/s',
    atLeast: BURST_PER_SECOND * 0.9,
    peer,
  });
  await allShown(database, reported);
  report({
    name: 'burst charged and shown',
    value: burst.facts / ((performance.now() - burstBegun) / 1_000),
    unit: '1/s',
  });
} finally {
  billing.child.kill('SIGTERM');
  if (billing.child.exitCode === null) await Promise.race([once(billing.child, 'exit'), wait(10_000)]);
  billing.child.kill('SIGKILL');
  await stopReporter();
  await database.end();
  await log.close();
  await store.stop();
  await nats.stop();
  await postgres.stop();
}
