/**
 * How many placement decisions a second, on 100 to 50,000 nodes: the packing engine alone, and the whole schedule with
 * its journal (inputs taken in batches, decided, folded, written as JSON). The fleet and the work have the shape of the
 * openb cluster (two kinds of node in three, shares and single GPUs mostly), made by a seeded generator. CPU time, not
 * wall time, so that a busy machine changes little.
 */
import { createRequire } from 'node:module';
import { parseArgs, promisify } from 'node:util';
import { runInNewContext } from 'node:vm';
import { setFlagsFromString } from 'node:v8';
import { percentile, reportBench } from '../../../scripts/lib/bench-report.mjs';
import { generator } from './openb-trace.mjs';
import { learn, PackingPolicy } from './packing-policy.mjs';
import { endSolver, slicePricesOf } from './openb/ours.mjs';
import { lines, saveFigure } from './svg.mjs';

const require = createRequire(import.meta.url);
const { partitionDecider } = require('../dist/index.js');
const { fold } = require('@solyx/kernel');
const tick = promisify(setImmediate);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

const ENGINE_NODES = [100, 1_213, 10_000, 50_000];
const SCHEDULE_NODES = [100, 1_213, 10_000];
const ENGINE_DECISIONS = 20_000;
const FULL = 0.9;
const AT = '2026-01-01T00:00:00.000Z';
const { values: options } = parseArgs({ options: { quick: { type: 'boolean' } } });
const isQuick = options.quick === true || process.env.SOLYX_BENCH_QUICK === '1';

/** By share of all: [share, value]. */
const NODE_KINDS = [
  [0.45, { cpuMilli: 96_000, memoryMiB: 393_216, gpus: 8, model: 'A10' }],
  [0.32, { cpuMilli: 104_000, memoryMiB: 524_288, gpus: 2, model: 'T4' }],
  [0.11, { cpuMilli: 16_000, memoryMiB: 122_880, gpus: 2, model: 'P100' }],
  [0.06, { cpuMilli: 48_000, memoryMiB: 262_144, gpus: 4, model: 'V100' }],
  [0.06, { cpuMilli: 128_000, memoryMiB: 786_432, gpus: 8, model: 'A100' }],
];
const share = (gpuMilli, cpuMilli) => ({ gpus: 1, gpuMilli, cpuMilli, memoryMiB: 8_192 });
const JOB_KINDS = [
  [0.13, { gpus: 0, gpuMilli: 0, cpuMilli: 8_000, memoryMiB: 16_384 }],
  [0.13, share(810, 8_000)],
  [0.12, share(470, 6_000)],
  [0.08, share(320, 4_000)],
  [0.05, share(230, 4_000)],
  ...[650, 550, 440, 350, 220, 160, 110].map((milli, at) => [0.01, share(milli, 2_000 + 1_000 * at)]),
  [0.25, { gpus: 1, gpuMilli: 1_000, cpuMilli: 12_000, memoryMiB: 16_384 }],
  [0.1, { gpus: 1, gpuMilli: 1_000, cpuMilli: 8_000, memoryMiB: 30_517 }],
  [0.06, { gpus: 1, gpuMilli: 1_000, cpuMilli: 6_000, memoryMiB: 12_288, models: ['T4'] }],
  [0.003, { gpus: 4, gpuMilli: 1_000, cpuMilli: 32_000, memoryMiB: 65_536 }],
  [0.007, { gpus: 8, gpuMilli: 1_000, cpuMilli: 64_000, memoryMiB: 131_072 }],
];

function drawn(kinds, count, random) {
  const total = kinds.reduce((sum, [part]) => sum + part, 0);
  return Array.from({ length: count }, () => {
    let left = random() * total;
    return (kinds.find(([part]) => (left -= part) < 0) ?? kinds[0])[1];
  });
}

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const used = () => {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/** The engine on a fleet that stays about 90 % full: each decision places a job, and the oldest leave to make room. */
async function engineSpeed(count) {
  const random = generator(7);
  const nodes = drawn(NODE_KINDS, count, random).map((kind, place) => ({ ...kind, name: `node-${place}` }));
  const kinds = JOB_KINDS.map(([part, job]) => ({ ...job, count: Math.round(part * 1000) }));
  const sample = kinds.flatMap((kind) => new Array(kind.count).fill(kind));
  const learnt = learn(nodes, sample, await slicePricesOf(sample));
  const before = used();
  const policy = new PackingPolicy(nodes, nodes.map((_, place) => place), learnt); // prettier-ignore
  const capacity = nodes.reduce((sum, { gpus }) => sum + gpus * 1_000, 0);
  const running = [];
  let held = 0;
  let oldest = 0;
  const one = (job) => {
    const terms = policy.termsOf(job);
    const choice = policy.engine.choose(policy.engine.view(terms));
    if (!choice) return;
    policy.engine.take(choice.at, terms.shape, choice.gpus);
    held += job.gpus * job.gpuMilli;
    running.push([choice.at, terms.shape, choice.gpus]);
  };
  const makeRoom = () => {
    while (held > FULL * capacity && oldest < running.length) {
      const [at, shape, gpus] = running[oldest];
      policy.engine.giveBack(at, shape, gpus);
      held -= shape.gpus * shape.gpuMilli;
      oldest += 1;
    }
  };
  for (let failed = 0; held < FULL * capacity && failed < 100;) {
    const [job] = drawn(JOB_KINDS, 1, random);
    const was = held;
    one(job);
    failed = held === was && job.gpus > 0 ? failed + 1 : 0;
  }
  const jobs = drawn(JOB_KINDS, isQuick ? ENGINE_DECISIONS / 4 : ENGINE_DECISIONS, random);
  const nanos = new Float64Array(jobs.length);
  const begun = cpuMs();
  jobs.forEach((job, at) => {
    makeRoom();
    const start = process.hrtime.bigint();
    one(job);
    nanos[at] = Number(process.hrtime.bigint() - start);
  });
  const took = cpuMs() - begun;
  running.length = 0;
  return {
    perSecond: (jobs.length * 1000) / took,
    p99: percentile([...nanos], 0.99) / 1e6,
    bytesPerNode: (used() - before) / count,
  };
}

const event = (type, data) => ({ type: `drm.partition.${type}`, data });
const PRICES = ['owned', 'leased'].flatMap((source) =>
  [
    ['gpu', '1000000'],
    ['cpu', '20000'],
    ['memory', '2500'],
  ].map(([resource, microUsdPerUnit]) => ({ source, simulated: true, resource, gpuModel: '*', microUsdPerUnit })),
);

const nodeJoined = ({ cpuMilli, memoryMiB, gpus, model }, place) =>
  event('node-joined', {
    terms: {
      nodeId: `node-${String(place).padStart(6, '0')}`,
      source: 'owned',
      provider: 'owned',
      simulated: true,
      executor: 'simulated',
      site: `site-${place % 8}`,
      region: 'eu-central',
      costMicroUsdPerHour: '0',
    },
    facts: {
      hostname: `node-${place}`,
      os: 'simulated',
      cpuMilli,
      memoryMiB,
      gpus: Array.from({ length: gpus }, (_, index) => ({ index, model, memoryMiB: 24_576 })),
    },
    at: AT,
  });

const workloadQueued = ({ gpus, gpuMilli, cpuMilli, memoryMiB, models }, place) =>
  event('workload-queued', {
    request: {
      workloadId: `job_${String(place).padStart(7, '0')}`,
      attempt: 1,
      organizationId: `org-${place % 16}`,
      project: 'default',
      name: `job-${place}`,
      resources: {
        gpus,
        gpuMilli: gpus === 0 ? 1_000 : gpuMilli,
        cpuMilli,
        memoryMiB,
        ...(models ? { gpuModel: models[0] } : {}),
      },
      nodes: 1,
      placement: { sources: ['owned', 'leased'], regions: [], simulated: true },
      limits: { maxRuntimeSeconds: 3_600 },
      priority: 50,
      data: [],
      queuedAt: new Date(Date.parse(AT) + place).toISOString(),
    },
    at: AT,
  });

/** A fleet, priced, with the policy and slice prices in force. */
async function fleetState(count, random) {
  const sample = JOB_KINDS.flatMap(([part, job]) => new Array(Math.round(part * 1000)).fill(job));
  const slices = (await slicePricesOf(sample)).map((slice) => ({ ...slice, demandPpm: 0 }));
  return fold(partitionDecider, [
    event('policy-adopted', { policy: 'shadow-price/1', at: AT }),
    event('prices-observed', { version: 1, entries: PRICES, at: AT }),
    event('shadow-prices-observed', { version: 1, slices, solver: 'bench', at: AT }),
    ...drawn(NODE_KINDS, count, random).map(nodeJoined),
  ]);
}

/** Inputs of 64 taken, decided, folded and written as JSON, until the fleet is two thirds full or the time is up. */
async function scheduleSpeed(count) {
  const random = generator(11);
  let state = await fleetState(count, random);
  const jobs = drawn(JOB_KINDS, Math.min(5 * count, isQuick ? 1_000 : 5_000), random).map(workloadQueued);
  const took = [];
  let bytes = 0;
  let granted = 0;
  const begun = cpuMs();
  for (let place = 0; place < jobs.length; place += 64) {
    const start = cpuMs();
    const command = { type: 'Advance', data: { inputs: jobs.slice(place, place + 64), at: AT } };
    const { events } = partitionDecider.decide(command, state);
    state = fold(partitionDecider, events, state);
    bytes += JSON.stringify(events).length;
    const grants = events.filter(({ type }) => type === 'drm.partition.allocation-granted').length;
    granted += grants;
    took.push((cpuMs() - start) / Math.max(1, grants));
    if (place % 640 === 0) await tick();
  }
  const total = cpuMs() - begun;
  return { perSecond: (granted * 1000) / total, p99: percentile(took, 0.99), granted, bytes: bytes / granted };
}

/** Bytes that one workload costs while it waits; its request is its own, as it comes from the journal. */
async function queueMemory() {
  const random = generator(13);
  const empty = await fleetState(10, random);
  const count = isQuick ? 5_000 : 20_000;
  let state = fold(partitionDecider, [workloadQueued(JOB_KINDS[0][1], count)], empty);
  await tick();
  const before = used();
  for (let place = 0; place < count; place += 1) {
    const [job] = drawn(JOB_KINDS, 1, random);
    state = fold(partitionDecider, [JSON.parse(JSON.stringify(workloadQueued(job, place)))], state);
  }
  await tick();
  return (used() - before) / (state.queue.size - 1);
}

async function main() {
  const rows = [];
  const higher = (name, value, unit, more = {}) => rows.push({ name, value, unit, better: 'higher', ...more });
  const lower = (name, value, unit, more = {}) => rows.push({ name, value, unit, better: 'lower', ...more });
  await engineSpeed(100); // The compiler warms up on what is not counted.
  const grown = { engine: [], schedule: [] };
  for (const count of isQuick ? ENGINE_NODES.slice(0, 2) : ENGINE_NODES) {
    const { perSecond, p99, bytesPerNode } = await engineSpeed(count);
    const nodes = `${count.toLocaleString('en-US')} nodes`;
    const goal = count === 1_213 ? { target: 50_000 } : {};
    higher(`engine, ${nodes}`, perSecond, 'decisions/s', goal);
    lower(`engine, ${nodes}: p99 of a decision`, p99, 'ms', count === 1_213 ? { target: 1 } : {});
    lower(`engine, ${nodes}: memory per node, all shapes scored`, bytesPerNode, 'B');
    grown.engine.push([count, perSecond]);
  }
  await scheduleSpeed(1_213); // Warms up again.
  for (const count of isQuick ? SCHEDULE_NODES.slice(0, 2) : SCHEDULE_NODES) {
    const { perSecond, p99, bytes } = await scheduleSpeed(count);
    const nodes = `${count.toLocaleString('en-US')} nodes`;
    higher(`whole schedule with journal, ${nodes}`, perSecond, 'grants/s');
    lower(`whole schedule with journal, ${nodes}: p99 of a grant, mean of its batch`, p99, 'ms');
    lower(`journal per grant, ${nodes}`, bytes, 'B');
    grown.schedule.push([count, perSecond]);
  }
  lower('memory per queued job', await queueMemory(), 'B');
  if (!isQuick) speedFigure(grown);
  await endSolver();
  reportBench('placement-speed', rows);
}

function speedFigure({ engine, schedule }) {
  saveFigure(
    'placement-speed',
    lines({
      title: 'Decisions a second as the fleet grows',
      subtitle: 'one core; the engine chooses nodes, the whole schedule also explains, prices and writes its journal',
      x: { from: 80, to: 60_000, ticks: [100, 1_000, 10_000, 50_000], label: 'nodes', log: true },
      y: { from: 100, to: 300_000, ticks: [100, 1_000, 10_000, 100_000], label: 'decisions/s', log: true },
      series: [
        { name: 'engine', color: 0, strong: true, points: engine },
        { name: 'whole schedule', color: 2, points: schedule },
      ],
    }),
  );
}

await main();
