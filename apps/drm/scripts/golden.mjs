/**
 * `node apps/drm/scripts/golden.mjs best-fit/1 [DIST]`: records a journal in which a policy decided, as one JSON event a
 * line in `apps/drm/golden/`. DIST is where the built service lies, which is how a policy is recorded by the version that
 * brought it. A file that exists is never touched: what was decided once must come out again for ever.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const [policy = '', dist = path.join(ROOT, 'dist')] = process.argv.slice(2);
const file = path.join(ROOT, 'golden', `${policy.replace('/', '-')}.jsonl`);
if (policy === '' || existsSync(file)) {
  console.log(policy === '' ? 'Name the policy, as in: golden.mjs shadow-price/1' : `${path.basename(file)} is there`);
  process.exit(policy === '' ? 1 : 0);
}
const require = createRequire(path.join(path.resolve(dist), 'index.js'));
require('reflect-metadata');
const { partitionDecider } = require('./index.js');
const { fold } = require('@solyx/kernel');

const FIRST_POLICY = 'best-fit/1';
const STEPS = 70;
const at = (seconds) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
const event = (type, data) => ({ type: `drm.partition.${type}`, data });

/** A small generator, the same on every machine. */
let seed = 20_260_101;
const random = (below) => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((seed / 4_294_967_296) * below);
};
const oneOf = (list) => list[random(list.length)];

const PRICES = { owned: 1_000_000, leased: 2_000_000 };
const entries = Object.entries(PRICES).flatMap(([source, gpu]) =>
  [
    ['gpu', gpu],
    ['cpu', 10_000],
    ['memory', 1_000],
  ].map(([resource, price]) => ({ source, simulated: true, resource, gpuModel: '*', microUsdPerUnit: String(price) })),
);
const routes = ['home>far', 'far>home'].map((name) => {
  const [fromSite, toSite] = name.split('>');
  const path = [fromSite, toSite];
  return {
    fromSite,
    toSite,
    path,
    latencyUs: 9_000,
    bandwidthMbps: 1_000,
    egressMicroUsdPerGiB: '20000',
    alternatives: [],
  };
});
const nodeOf = (nodeId, gpus, model, change = {}) =>
  event('node-joined', {
    terms: {
      nodeId,
      source: 'owned',
      provider: 'owned',
      simulated: true,
      executor: 'simulated',
      site: 'home',
      region: 'eu-central',
      costMicroUsdPerHour: '0',
      ...change,
    },
    facts: {
      hostname: nodeId,
      os: 'simulated',
      cpuMilli: 16_000 * Math.max(gpus, 2),
      memoryMiB: 65_536 * Math.max(gpus, 2),
      gpus: Array.from({ length: gpus }, (_, index) => ({ index, model, memoryMiB: 81_920 })),
    },
    at: at(0),
  });
const offer = {
  offerId: 'offer-1',
  provider: 'lessor',
  simulated: true,
  site: 'far',
  region: 'us-west',
  gpuModel: 'H100',
  gpuMemoryMiB: 81_920,
  gpusPerNode: 8,
  cpuMilli: 128_000,
  memoryMiB: 1_048_576,
  available: 2,
  priceMicroUsdPerHour: '16000000',
  minimumSeconds: 60,
  bootSeconds: 5,
  observedAt: at(0),
  freshUntil: at(86_400),
};
const SHAPES = [
  { gpus: 1, gpuMilli: 470, cpuMilli: 8_000, memoryMiB: 32_768 },
  { gpus: 1, gpuMilli: 320, cpuMilli: 4_000, memoryMiB: 16_384 },
  { gpus: 1, gpuMilli: 1000, cpuMilli: 11_000, memoryMiB: 49_152 },
  { gpus: 2, gpuMilli: 1000, cpuMilli: 16_000, memoryMiB: 65_536 },
  { gpus: 8, gpuMilli: 1000, cpuMilli: 88_000, memoryMiB: 327_680 },
  { gpus: 0, gpuMilli: 1000, cpuMilli: 12_000, memoryMiB: 49_152 },
  { gpus: 1, gpuMilli: 1000, cpuMilli: 2_000, memoryMiB: 8_192, gpuModel: 'L4' },
];
const jobOf = (number, seconds) => {
  const resources = oneOf(SHAPES);
  const isGang = resources.gpus === 2 && random(3) === 0;
  const request = {
    workloadId: `job_${String(number).padStart(3, '0')}`,
    attempt: 1,
    organizationId: oneOf(['acme', 'umbrella']),
    project: 'default',
    name: `job-${number}`,
    resources,
    nodes: isGang ? 2 : 1,
    placement: { sources: random(4) === 0 ? ['owned', 'leased'] : ['owned'], regions: [], simulated: true },
    limits: { maxRuntimeSeconds: 600 + 60 * random(40) },
    priority: 10 * (1 + random(9)),
    data: random(8) === 0 ? [{ uri: 's3://set', site: oneOf(['home', 'far']), sizeGiB: 10 }] : [],
    queuedAt: at(seconds),
  };
  return event('workload-queued', { request, correlationId: `c-${number}`, at: at(seconds) });
};

let state = partitionDecider.initial;
const events = [];
const advance = (seconds, inputs) => {
  const { events: recorded } = partitionDecider.decide({ type: 'Advance', data: { inputs, at: at(seconds) } }, state);
  events.push(...recorded);
  state = fold(partitionDecider, recorded, state);
};

const purchase = (nodeId, maxWatts) => {
  const life = { purchasedAt: at(0), lifetimeMonths: 48, method: 'straight-line' };
  const energy = { idleWatts: 400, maxWatts, energyMicroUsdPerKwh: '200000' };
  return event('node-procured', {
    nodeId,
    procurement: { purchaseMicroUsd: '200000000000', ...life, ...energy },
    at: at(0),
  });
};

const slices = [
  { gpuMilli: 320, microGpu: 333_333, demandPpm: 500_000 },
  { gpuMilli: 470, microGpu: 500_000, demandPpm: 500_000 },
];
advance(0, [
  event('prices-observed', { version: 1, entries, at: at(0) }),
  event('routes-observed', { version: 1, routes, at: at(0) }),
  ...(policy === FIRST_POLICY
    ? []
    : [
        event('policy-adopted', { policy, at: at(0) }),
        event('shadow-prices-observed', { version: 1, slices, solver: 'none', at: at(0) }),
      ]),
  ...['n1', 'n2', 'n3'].map((name) => nodeOf(name, 8, 'H100')),
  ...['n4', 'n5'].map((name) => nodeOf(name, 2, 'L4', { site: 'far', region: 'us-west' })),
  nodeOf('n6', 0, ''),
  ...(policy === FIRST_POLICY ? [] : [purchase('n1', 6_400), purchase('n2', 5_600), purchase('n4', 540)]),
  event('offer-observed', { offer, at: at(0) }),
]);
for (let step = 1; step <= STEPS; step += 1) {
  const seconds = step * 20;
  const running = [...state.held.keys()].sort();
  const inputs = [jobOf(2 * step, seconds), ...(random(3) === 0 ? [jobOf(2 * step + 1, seconds)] : [])];
  if (running.length > 8 && random(2) === 0) {
    const ended = { workloadId: oneOf(running), attempt: 1, reason: 'Succeeded', at: at(seconds) };
    inputs.push(event('workload-ended', ended));
  }
  if (step === 40) inputs.push(event('node-cordoned', { nodeId: 'n2', at: at(seconds) }));
  if (step === 55) inputs.push(event('node-gone', { nodeId: 'n3', reason: 'Lost', at: at(seconds) }));
  advance(seconds, inputs);
}
writeFileSync(file, `${events.map((one) => JSON.stringify(one)).join('\n')}\n`);
console.log(`wrote ${path.basename(file)}: ${events.length} events, ${state.held.size} running at the end`);
