/**
 * Views: events folded per second from a log in memory into PostgreSQL, CPU of one page of 50 rows, latency of a single
 * event, and a rebuild of the whole log beside the live view. The peer is PostgreSQL itself, in the same run: bare rows
 * by `unnest`, and the same page by the bare driver.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startPostgres } from '../../../scripts/lib/postgres.mjs';

const require = createRequire(import.meta.url);
const { Logger } = require('@nestjs/common');
const { SystemClock } = require('@solyx/kernel');
const eventing = require('@solyx/eventing');
const { MemoryEventLog } = require('@solyx/testing');
const { Client } = require('pg');

Logger.overrideLogger(['error']);
const EVENTS = Number(process.env.SOLYX_BENCH_EVENTS ?? 100_000);
const JOBS = EVENTS / 10;
const PAGES = 2_000;
const ORGANIZATION = 'acme';

const figure = (row) => console.log(`BENCH ${JSON.stringify(row)}`);
const seconds = async (work) => {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1_000;
};

/** A row as large as a job's in the gateway's list. */
const spec = {
  image: 'x'.repeat(120),
  command: ['node', 'train.js'],
  env: { A: 'b'.repeat(200) },
  gpus: 2,
  region: 'eu',
};
const jobs = eventing.defineProjection({
  name: 'bench_jobs',
  version: 1,
  key: ({ data }) => data.jobId,
  initial: { jobId: '', status: 'New', steps: 0, spec: undefined, at: '' },
  indexes: ['status'],
  on: {
    'cmo.bench.queued': (row, data) => ({ ...row, jobId: data.jobId, spec: data.spec, status: 'Queued', at: data.at }),
    'cmo.bench.moved': (row, data) => ({ ...row, status: data.status, steps: row.steps + 1, at: data.at }),
  },
});
const context = eventing.defineContext({ context: 'cmo', projections: [jobs] });

let count = 0;
function event(job, step) {
  count += 1;
  const id = `bench-${count}`;
  const actor = { kind: 'service', id: 'bench', roles: [] };
  const metadata = { version: 1, organizationId: ORGANIZATION, actor, $correlationId: id, $causationId: id };
  const jobId = `job_${job}`;
  const at = new Date(0).toISOString();
  const data = step === 0 ? { jobId, spec, at } : { jobId, status: `Step${step}`, at };
  return { id, type: step === 0 ? 'cmo.bench.queued' : 'cmo.bench.moved', data, metadata };
}

async function fill(log) {
  for (let step = 0; step < 10; step += 1) {
    for (let job = 0; job < JOBS; job += 1) log.appendNow(`cmo.bench-${job}`, [event(job, step)], 'any');
  }
}

async function bareRows(url) {
  const client = new Client(url);
  await client.connect();
  await client.query('CREATE TABLE bare (key text, position bigint, row text, PRIMARY KEY (key, position))');
  const row = JSON.stringify({ spec, status: 'Queued' });
  const taken = await seconds(async () => {
    for (let from = 0; from < EVENTS; from += 500) {
      const keys = Array.from({ length: 500 }, (_, index) => `job_${from + index}`);
      const rows = keys.map(() => row);
      const positions = keys.map((_, index) => from + index);
      const sql = 'INSERT INTO bare SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[])';
      await client.query('BEGIN; SET LOCAL synchronous_commit = off');
      await client.query({ name: 'bare', text: sql, values: [keys, positions, rows] });
      await client.query('COMMIT');
    }
  });
  await client.end();
  return EVENTS / taken;
}

/** CPU of this process for one call, in microseconds. */
async function cpuOf(work) {
  for (let index = 0; index < PAGES / 4; index += 1) await work();
  const before = process.cpuUsage();
  for (let index = 0; index < PAGES; index += 1) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / PAGES;
}

async function main(url) {
  const database = new eventing.Database({ postgresUrl: url, instance: 'bench' });
  const registry = new eventing.ViewRegistry(database);
  const progress = new eventing.ViewProgress();
  const clock = new SystemClock();
  const log = new MemoryEventLog(clock);
  const parts = { log, database, registry, progress, clock, projections: [jobs] };
  const views = new eventing.PostgresViews(parts);
  const runner = new eventing.PostgresProjectionRunner(parts);
  await fill(log);
  const head = await log.head();

  const folding = await seconds(async () => {
    await runner.start(context, [jobs], 1n);
    if (!(await views.waitFor(jobs, head, 600_000))) throw new Error('the view did not catch up');
  });
  const bare = await bareRows(url);
  const peer = { name: 'rows by unnest, bare driver', value: bare };
  figure({ name: 'events folded into a view', value: EVENTS / folding, unit: 'events/s', peer });

  const query = { first: 50, organizationId: ORGANIZATION };
  const listing = await cpuOf(() => views.list(jobs, query));
  const client = new Client(url);
  await client.connect();
  const text = `SELECT key, began_position, row FROM bench_jobs_v1 WHERE valid_to_position IS NULL
    AND organization_id = $1 ORDER BY began_position DESC, key DESC LIMIT 51`;
  const driver = await cpuOf(() => client.query({ name: 'bare list', text, values: [ORGANIZATION] }));
  await client.end();
  figure({
    name: 'list of 50 rows, CPU of the service',
    value: listing,
    unit: 'µs',
    atMost: 200,
    peer: { name: 'bare driver, rows not parsed', value: driver },
  });

  const latencies = [];
  for (let index = 0; index < 300; index += 1) {
    const begun = performance.now();
    const { position } = log.appendNow('cmo.bench-0', [event(0, 1)], 'any');
    await views.waitFor(jobs, position, 10_000);
    latencies.push(performance.now() - begun);
  }
  latencies.sort((a, b) => a - b);
  figure({ name: 'append to visible, one event, p50', value: latencies[150], unit: 'ms' });
  figure({ name: 'append to visible, one event, p99', value: latencies[297], unit: 'ms', atMost: 20 });

  let checked;
  const verifying = await seconds(async () => {
    checked = await views.verify(jobs);
  });
  if (checked.liveHash !== checked.rebuiltHash) throw new Error('the rebuilt view differs');
  figure({ name: `rebuild and compare ${EVENTS / 1_000}k events`, value: verifying, unit: 's', atMost: 30 });
  await runner.stop();
  await database.close();
}

const folder = mkdtempSync(path.join(tmpdir(), 'solyx-bench-'));
const postgres = await startPostgres({ dataDir: path.join(folder, 'data') });
try {
  await main(postgres.url);
} finally {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
