/** The whole plane as its user meets it: starts, the first line of a job, a thousand jobs, memory, the command line. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { median, percentile, reportBench } from '../../../scripts/lib/bench-report.mjs';
import { runCommand, startPlane, until } from '../../../scripts/lib/plane.mjs';

const LINES = Number(process.env.SOLYX_BENCH_LINES ?? 30);
const JOBS = Number(process.env.SOLYX_BENCH_JOBS ?? 1_000);
const AT_ONCE = 32;
const ALL_END_WITHIN_MS = 300_000;
const SUBMIT = `mutation($spec: Json!, $key: String!) { submitJob(spec: $spec, idempotencyKey: $key) {
  __typename ... on JobAck { job { id } } ... on Refusal { reason message } } }`;
const LOGS = 'subscription($id: ID!) { logs(jobId: $id) { text } }';

/** Milliseconds from `begin` to the first byte that a bare child process prints. */
async function bareSpawn() {
  const from = performance.now();
  const child = spawn('echo', ['hi'], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  return performance.now() - from;
}

async function bareNode() {
  const from = performance.now();
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
  return performance.now() - from;
}

async function submit(plane, key, spec) {
  const { submitJob } = await plane.request(SUBMIT, { key, spec: { solyx: 'v1', ...spec } });
  if (submitJob.__typename !== 'JobAck') throw new Error(`${submitJob.reason}: ${submitJob.message}`);
  return submitJob.job.id;
}

/** Milliseconds from the request to the first line on a socket that is open already, as a console has it. */
async function firstLine(plane, socket, index) {
  const from = performance.now();
  const spec = { name: 'line', run: ['echo', 'hi'], resources: { gpu: '0', cpu: '0.1', memory: '32MiB' } };
  const id = await submit(plane, `line-${index}`, spec);
  let ms;
  for await (const { errors } of socket.iterate({ query: LOGS, variables: { id } })) {
    if (errors) throw new Error(errors[0].message);
    ms ??= performance.now() - from;
  }
  return ms;
}

async function measureLines(plane) {
  const [{ createClient }, { WebSocket }] = await Promise.all([import('graphql-ws'), import('ws')]);
  const { url, apiKey } = plane.credentials();
  const connectionParams = { authorization: `Bearer ${apiKey}` };
  const address = `${url.replace(/^http/, 'ws')}/graphql`;
  const socket = createClient({ url: address, webSocketImpl: WebSocket, lazyCloseTimeout: 10_000, connectionParams });
  for (let index = 0; index < 3; index += 1) await firstLine(plane, socket, `warm-${index}`);
  const [lines, bare] = [[], []];
  for (let index = 0; index < LINES; index += 1) {
    lines.push(await firstLine(plane, socket, index));
    bare.push(await bareSpawn());
  }
  await socket.dispose();
  return { lines, bare };
}

/** All jobs at once; ends when every one of them has ended. */
async function measureMany(plane) {
  const from = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < JOBS) {
      const index = next++;
      const job = { name: `many-${index}`, run: ['x'], resources: { gpu: '0.25xL4', cpu: '0.1', memory: '32MiB' } };
      const how = { placement: { simulated: true, sources: ['owned'] }, simulation: { duration: '100ms' } };
      await submit(plane, `many-${index}`, { ...job, ...how, limits: { max_runtime: '1m' } });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const submittedMs = performance.now() - from;
  const open = async (phase) => {
    const { jobs } = await plane.request(
      `query($phase: JobPhase) { jobs(first: 1, phase: $phase) { edges { node { name } } } }`,
      { phase },
    );
    return jobs.edges.length;
  };
  const isOver = async () => {
    for (const phase of ['Queued', 'Admitted', 'Starting', 'Running']) if ((await open(phase)) > 0) return false;
    return true;
  };
  await until(isOver, 'every job has ended', ALL_END_WITHIN_MS, 250);
  return { submittedMs, ms: performance.now() - from };
}

/** Durable appends of one small event at a time, by the client of the store alone: what a job's steps cost at least. */
async function bareAppends(plane, count) {
  const { EventStoreDBClient, jsonEvent } = await import('@eventstore/db-client');
  const { eventstore } = plane.note().ports;
  const client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${eventstore}?tls=false`);
  const from = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < count) await client.appendToStream(`bench-${next++}`, jsonEvent({ type: 'bench', data: {} }));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const perSecond = (count * 1000) / (performance.now() - from);
  await client.dispose();
  return perSecond;
}

async function main() {
  const folder = mkdtempSync(path.join(tmpdir(), 'solyx-first-hour-'));
  let plane;
  try {
    plane = await startPlane({ dataDir: folder });
    const first = plane.printed();
    await plane.stop();
    plane = await startPlane({ dataDir: folder });
    const second = plane.printed();
    await until(
      async () => (await plane.json(['fleet'])).nodes.some((node) => !node.simulated),
      'the agent has joined',
    );
    const { lines, bare } = await measureLines(plane);
    const many = await measureMany(plane);
    const appends = await bareAppends(plane, 2_000);
    const [cli, node] = [[], []];
    for (let index = 0; index < 10; index += 1) {
      cli.push((await runCommand(['--version'])).ms);
      node.push(await bareNode());
    }
    const spawned = { name: 'a bare child process prints its first line', value: median(bare) };
    reportBench('first hour', [
      { name: 'first start, ready', value: first.seconds, unit: 's', better: 'lower', target: 30 },
      { name: 'second start, ready', value: second.seconds, unit: 's', better: 'lower', target: 3 },
      { name: 'memory of the whole stack', value: second.mib, unit: 'MiB', better: 'lower' },
      { name: 'submit to first line, p50', value: median(lines), unit: 'ms', better: 'lower', peer: spawned },
      {
        ...{ name: 'submit to first line, p95', value: percentile(lines, 0.95), unit: 'ms', better: 'lower' },
        ...{ target: 500, peer: spawned },
      },
      { name: `${JOBS} simulated jobs submitted`, value: many.submittedMs / 1000, unit: 's', better: 'lower' },
      { name: `${JOBS} simulated jobs ended`, value: many.ms / 1000, unit: 's', better: 'lower' },
      {
        ...{ name: 'simulated jobs, submit to end', value: (JOBS * 1000) / many.ms, unit: 'jobs/s', better: 'higher' },
        peer: { name: `appends/s of the bare client, ${AT_ONCE} in flight`, value: appends },
      },
      {
        ...{ name: 'command line, start to end', value: median(cli), unit: 'ms', better: 'lower' },
        peer: { name: 'bare node', value: median(node) },
      },
    ]);
  } finally {
    await plane?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
