/**
 * The agent's share of "submit to first log line": from a task on the bus to its first line in the stream of output, for
 * a real process, beside a bare spawn of the same command. And its start: from exec until it takes tasks.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { connect, headers } from 'nats';
import { median, percentile, reportBench } from '../../../scripts/lib/bench-report.mjs';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { launchNats } = require('@solyx/testing');
const { AGENT_LOGS, AGENT_LOG_SUBJECTS, agentConsumer, agentTaskSubjects } = require('@solyx/contracts/agent');

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const NODE = 'node_bench';
const TASKS = 60;
const STARTS = 5;
const COMMAND = ['sh', '-c', 'echo first'];

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);
const jwt = `${part({})}.${part({ iat: now(), exp: now() + 86_400 })}.x`;

const nats = await launchNats();
const folder = mkdtempSync(path.join(tmpdir(), 'solyx-agent-bench-'));
const gateway = createServer((request, response) => {
  request.resume();
  const told = { nodeId: NODE, organizationId: 'acme', natsUrl: nats.url, jwt, heartbeatSeconds: 3 };
  response.end(JSON.stringify({ ...told, expiresAt: new Date(Date.now() + 86_400_000).toISOString() }));
}).listen(0, '127.0.0.1');
await once(gateway, 'listening');
const connection = await connect({ servers: nats.url, noAsyncTraces: true });
const manager = await connection.jetstreamManager();
await manager.streams.add({ name: 'SOLYX_CMO', subjects: ['solyx.cmo.>'] });
await manager.streams.add({ name: AGENT_LOGS, subjects: [AGENT_LOG_SUBJECTS] });
const consumer = { durable_name: agentConsumer(NODE), filter_subject: agentTaskSubjects(NODE), ack_policy: 'explicit' };
await manager.consumers.add('SOLYX_CMO', consumer);
connection.subscribe('agent.*.report', { callback: (_, message) => message.respond('{"recorded":true}') });

async function startAgent() {
  const words = [MAIN, 'join', `http://127.0.0.1:${gateway.address().port}`, 'token', '--data', folder];
  const env = { ...process.env, SOLYX_LOG_LEVEL: 'error' };
  const began = performance.now();
  const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await once(child, 'message');
  return { child, ms: performance.now() - began };
}

async function endOf(child) {
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** Milliseconds from the publish to the first line. */
async function firstLine(index) {
  const jobId = `job_${index}`;
  const lines = connection.subscribe(`agent.${NODE}.log.acme.${jobId}`, { max: 1 });
  const task = {
    ...{ taskId: `task_${index}`, jobId, organizationId: 'acme', attempt: 1, rank: 0, ranks: 1, nodeId: NODE },
    ...{ executor: 'agent', command: COMMAND, env: {}, gpuIndexes: [], cpuMilli: 0, memoryMiB: 0 },
    ...{ stopAfterSeconds: 60, at: new Date().toISOString() },
  };
  const header = headers();
  header.set('ce-id', `event_${index}`);
  header.set('ce-type', 'cmo.dispatch.task-assigned');
  await connection.flush();
  const began = performance.now();
  connection.publish(`solyx.cmo.dispatch.task-assigned.acme.${NODE}`, JSON.stringify(task), { headers: header });
  for await (const line of lines) if (line.json().text !== 'first') throw new Error('another line came');
  return performance.now() - began;
}

async function bareSpawn() {
  const began = performance.now();
  const child = spawn(COMMAND[0], COMMAND.slice(1), { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  const ms = performance.now() - began;
  await once(child, 'exit');
  return ms;
}

const starts = [];
await endOf((await startAgent()).child);
for (let i = 0; i < STARTS; i += 1) {
  const { child, ms } = await startAgent();
  starts.push(ms);
  await endOf(child);
}
const { child } = await startAgent();
const agent = [];
const bare = [];
for (let i = 0; i < TASKS; i += 1) {
  agent.push(await firstLine(i));
  bare.push(await bareSpawn());
}
await endOf(child);
await connection.close();
gateway.close();
await nats.stop();
rmSync(folder, { recursive: true, force: true });

const peer = (value) => ({ name: 'bare spawn', value });
reportBench('agent', [
  {
    ...{ name: 'task to first line p50', value: percentile(agent, 0.5), unit: 'ms', better: 'lower' },
    peer: peer(percentile(bare, 0.5)),
  },
  {
    ...{ name: 'task to first line p95', value: percentile(agent, 0.95), unit: 'ms', better: 'lower', target: 100 },
    peer: peer(percentile(bare, 0.95)),
  },
  { name: 'agent start', value: median(starts), unit: 'ms', better: 'lower', target: 300 },
]);
