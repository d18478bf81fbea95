/**
 * How many placement decisions a second the schedule takes: 1,000 nodes, 1,000 queued jobs of 40 shapes, until nothing
 * more can be decided. Beside it, in the same run, a naive first-fit loop over plain objects: no price, no score, no
 * explanation, no state that is kept. It is what the machine could do if nobody had to know why.
 */
import { createRequire } from 'node:module';
import { median, reportBench } from '../../../scripts/lib/bench-report.mjs';

const require = createRequire(import.meta.url);
const { partitionDecider, schedule } = require('../dist/index.js');
const { fold } = require('@solyx/kernel');

const NODES = 1_000;
const JOBS = 1_000;
const SHAPES = 40;
const RUNS = 7;
const FEW = 8;
const AT = '2026-01-01T00:00:00.000Z';
const MODELS = ['H100', 'A100', 'L4', 'RTX4090'];

const entries = ['owned', 'leased'].flatMap((source) =>
  [
    ['gpu', '1000000'],
    ['cpu', '20000'],
    ['memory', '2500'],
  ].map(([resource, microUsdPerUnit]) => ({ source, simulated: true, resource, gpuModel: '*', microUsdPerUnit })),
);

const nodes = Array.from({ length: NODES }, (_, place) => ({
  terms: {
    nodeId: `node-${String(place).padStart(4, '0')}`,
    source: place % 4 === 3 ? 'leased' : 'owned',
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
    cpuMilli: 128_000,
    memoryMiB: 1_048_576,
    gpus: Array.from({ length: 8 }, (__, index) => ({ index, model: MODELS[place % 4], memoryMiB: 81_920 })),
  },
  at: AT,
}));

const jobs = Array.from({ length: JOBS }, (_, place) => {
  const shape = place % SHAPES;
  return {
    workloadId: `job_${String(place).padStart(4, '0')}`,
    attempt: 1,
    organizationId: 'acme',
    project: 'default',
    name: `job-${place}`,
    resources: {
      gpus: [1, 1, 2, 4, 8][shape % 5],
      gpuMilli: shape % 8 === 0 ? 500 : 1_000,
      cpuMilli: 1_000 + shape * 100,
      memoryMiB: 8_192,
      ...(shape % 2 === 0 ? { gpuModel: MODELS[shape % 4] } : {}),
    },
    nodes: shape % 20 === 19 ? 2 : 1,
    placement: { sources: ['owned', 'leased'], regions: [], simulated: true },
    limits: { maxRuntimeSeconds: 3_600 },
    priority: 50,
    data: [],
    queuedAt: new Date(Date.parse(AT) + place).toISOString(),
  };
});

const event = (type, data) => ({ type: `drm.partition.${type}`, data });
const stateOf = (some) =>
  fold(partitionDecider, [
    event('prices-observed', { version: 1, entries, at: AT }),
    ...some.map((data) => event('node-joined', data)),
    ...jobs.map((request) => event('workload-queued', { request, at: AT })),
  ]);

/** Until nothing more is decided, the folding of each decision included. */
function decideAll(from) {
  let state = from;
  let decided = 0;
  for (;;) {
    const decisions = schedule(state, AT);
    if (decisions.length === 0) return { state, decided };
    state = fold(partitionDecider, decisions, state);
    decided += decisions.length;
  }
}

function timed(work) {
  const begun = performance.now();
  const done = work();
  return { done, ms: performance.now() - begun };
}

/** The first nodes that have room, owned ones first. */
function firstFit() {
  const fleet = nodes.map(({ terms, facts }) => ({
    source: terms.source,
    gpus: facts.gpus.map(() => 1_000),
    model: facts.gpus[0].model,
    cpu: facts.cpuMilli,
    memory: facts.memoryMiB,
  }));
  const fits = (node, { gpus, gpuMilli, gpuModel, cpuMilli, memoryMiB }) =>
    (gpuModel === undefined || node.model === gpuModel) &&
    node.cpu >= cpuMilli &&
    node.memory >= memoryMiB &&
    node.gpus.filter((milli) => milli >= gpuMilli).length >= gpus;
  const hold = (node, { gpus, gpuMilli, cpuMilli, memoryMiB }) => {
    for (let place = 0, left = gpus; left > 0; place += 1) {
      if (node.gpus[place] < gpuMilli) continue;
      node.gpus[place] -= gpuMilli;
      left -= 1;
    }
    node.cpu -= cpuMilli;
    node.memory -= memoryMiB;
  };
  const owned = fleet.filter(({ source }) => source === 'owned');
  const inOrder = [...owned, ...fleet.filter(({ source }) => source !== 'owned')];
  const find = (resources, wanted) => {
    const chosen = [];
    for (const node of inOrder) {
      if (fits(node, resources)) chosen.push(node);
      if (chosen.length === wanted) return chosen;
    }
    return [];
  };
  let granted = 0;
  for (const { resources, nodes: wanted } of jobs) {
    const chosen = find(resources, wanted);
    for (const node of chosen) hold(node, resources);
    if (chosen.length > 0) granted += 1;
  }
  return { granted };
}

const start = stateOf(nodes);
const { state: stuck } = decideAll(stateOf(nodes.slice(0, FEW)));
const repeat = (work) => Array.from({ length: RUNS }, () => timed(work));
decideAll(start);
firstFit();
const ours = repeat(() => decideAll(start));
const naive = repeat(firstFit);
const looks = repeat(() => schedule(stuck, AT));

reportBench('placement', [
  {
    name: 'placement decisions, 1,000 nodes and 1,000 jobs',
    value: median(ours.map(({ done, ms }) => (done.decided * 1000) / ms)),
    unit: 'decisions/s',
    better: 'higher',
    peer: {
      name: 'naive first fit, unexplained',
      value: median(naive.map(({ done, ms }) => (done.granted * 1000) / ms)),
    },
  },
  {
    name: 'jobs granted of 1,000',
    value: ours[0].done.state.held.size,
    unit: 'jobs',
    better: 'higher',
    peer: { name: 'naive first fit', value: naive[0].done.granted },
  },
  {
    name: 'a look at a queue of 950 jobs that cannot start',
    value: median(looks.map(({ ms }) => ms)),
    unit: 'ms',
    better: 'lower',
  },
]);
