/**
 * What if: a journal of a million events under two policies. The journal is made here (seeded) in the form in which
 * `export` writes one; reading, checking and both replays are timed, as processor time of one process, and a second run
 * must give the same bytes.
 */
import { spawn } from 'node:child_process';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { reportBench } from '../../../scripts/lib/bench-report.mjs';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const JOBS = 249_950;
const NODES = 200;
const START = Date.parse('2026-01-01T00:00:00.000Z');

/** mulberry32 */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

async function journal(file) {
  const random = generator(7);
  const out = createWriteStream(file);
  let events = 0;
  const write = async (type, data) => {
    const line = `${JSON.stringify({ revision: events, type: `drm.partition.${type}`, data })}\n`;
    events += 1;
    if (!out.write(line)) await once(out, 'drain');
  };
  const at = (seconds) => new Date(START + Math.round(seconds) * 1000).toISOString();
  for (let node = 0; node < NODES; node += 1) {
    const gpus = Array.from({ length: 8 }, (_, index) => ({
      index,
      model: node % 4 === 0 ? 'A100' : 'H100',
      memoryMiB: 81_559,
    }));
    const nodeId = `node_${String(node).padStart(4, '0')}`;
    const terms = {
      nodeId,
      source: 'owned',
      provider: 'owned',
      costMicroUsdPerHour: node % 4 === 0 ? '12000000' : '20000000',
    };
    await write('node-joined', {
      terms,
      facts: { hostname: nodeId, cpuMilli: 128_000, memoryMiB: 1_048_576, gpus },
      at: at(0),
    });
  }
  const due = [];
  let now = 0;
  for (let job = 0; job < JOBS; job += 1) {
    now += -Math.log(1 - random()) * 2;
    const gpus = [1, 1, 1, 1, 2, 2, 4, 8][Math.floor(random() * 8)];
    const seconds = Math.max(5, Math.round(-Math.log(1 - random()) * 1150));
    const workloadId = `job_${String(job).padStart(7, '0')}`;
    const priority = random() < 0.3 ? 80 : 40;
    const resources = {
      gpus,
      gpuMilli: gpus === 1 && random() < 0.4 ? 500 : 1000,
      cpuMilli: gpus * 8_000,
      memoryMiB: gpus * 65_536,
    };
    const request = {
      workloadId,
      attempt: 1,
      organizationId: `org_${job % 5}`,
      name: workloadId,
      nodes: 1,
      priority,
      resources,
      limits: { maxRuntimeSeconds: 7_200 },
      queuedAt: at(now),
    };
    await write('workload-queued', { request, at: at(now) });
    await write('allocation-granted', {
      allocation: { allocationId: `alc_${job}`, workloadId, attempt: 1 },
      at: at(now + 1),
    });
    due.push({ workloadId, end: now + 1 + seconds });
    if (due.length < 64 && job + 1 < JOBS) continue;
    for (const { workloadId: ended, end } of due.splice(0)) {
      await write('workload-ended', { workloadId: ended, attempt: 1, reason: 'Succeeded', at: at(end) });
      await write('allocation-released', { workloadId: ended, attempt: 1, at: at(end) });
    }
  }
  out.end();
  await once(out, 'close');
  return events;
}

/** Runs the command; its output, processor seconds and the most memory it held. */
async function run(file) {
  const script = `process.argv.splice(1,0,'');process.on('exit',()=>{const{userCPUTime,systemCPUTime,maxRSS}=process.resourceUsage();console.error(JSON.stringify({cpu:(userCPUTime+systemCPUTime)/1e6,mib:maxRSS/1024}))});require(${JSON.stringify(MAIN)})`;
  const words = ['whatif', '--trace', file, '--policy', 'best-fit,solyx', '--json'];
  const begun = performance.now();
  const child = spawn(process.execPath, ['-e', script, '--', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, error] = [[], []];
  child.stdout.on('data', (chunk) => out.push(chunk));
  child.stderr.on('data', (chunk) => error.push(chunk));
  const [code] = await once(child, 'close');
  const said = Buffer.concat(error).toString('utf8').trim();
  if (code !== 0) throw new Error(said);
  return {
    text: Buffer.concat(out).toString('utf8'),
    wall: (performance.now() - begun) / 1000,
    ...JSON.parse(said.split('\n').pop()),
  };
}

const folder = mkdtempSync(path.join(tmpdir(), 'solyx-whatif-'));
try {
  const file = path.join(folder, 'journal.jsonl');
  const events = await journal(file);
  const first = await run(file);
  const second = await run(file);
  const { a, b, difference } = JSON.parse(first.text);
  console.log(`${events} events; ${a.policy} -> ${b.policy}: ${JSON.stringify(difference)}`);
  reportBench('placement-whatif', [
    {
      name: 'what-if over a journal, two policies',
      value: first.cpu * (1e6 / events),
      unit: 's CPU per 1 M events',
      better: 'lower',
      target: 60,
    },
    {
      name: 'the same, by the clock of a shared machine',
      value: first.wall * (1e6 / events),
      unit: 's per 1 M events',
      better: 'lower',
    },
    { name: 'events read and played twice', value: events / first.cpu, unit: 'events/s', better: 'higher' },
    { name: 'memory at most', value: first.mib, unit: 'MiB', better: 'lower' },
    {
      name: 'bytes that differ between two runs',
      value: first.text === second.text ? 0 : 1,
      unit: '',
      better: 'lower',
      target: 0,
    },
  ]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
