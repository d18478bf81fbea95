/**
 * Churn: jobs come and go on openb's 1,213 nodes at a load of 100 %, with four tenants' quotas and priorities by class of
 * service. Ours is the product's packing engine, shadow prices and all, under the order and the preemption that the
 * product's queues use; against first come first served, best-fit that fills gaps, and dominant resource fairness.
 */
import { createRequire } from 'node:module';
import { reportBench } from '../../../scripts/lib/bench-report.mjs';
import { bars, saveFigure } from '../../../scripts/lib/svg.mjs';
import { churn, openbNodes, QUEUES } from './churn.mjs';
import { absent, traceFile } from './traces.mjs';

const require = createRequire(import.meta.url);
const { replay } = require('../dist/index.js');
const { HighsSolver, packing, slicePrices } = require('@solyx/drm');

if (!traceFile('openb', 'openb_pod_list_default.csv.gz')) absent('openb');

const nodes = openbNodes();
const { jobs, from, until, lap } = churn('default', { nodes });

/** Prices of the slices, as the product works them out beside its event loop. */
async function pricesOf(mix) {
  const solver = new HighsSolver();
  const demand = packing.sliceDemand(mix);
  const sizes = [...demand.keys()];
  const found = await slicePrices(solver, sizes, packing.sharesOf([...demand.values()]));
  await solver.onApplicationShutdown();
  return sizes.map((size, place) => ({ gpuMilli: size * packing.SLICE_STEP, microGpu: found[place] }));
}

const setting = {
  nodes,
  queues: QUEUES,
  slicePrices: await pricesOf(replay.mixOf(jobs)),
  from,
  until,
  minRuntimeSeconds: 600,
  saveSeconds: 1_800,
  restartSeconds: 30,
};
console.log(`${jobs.length} jobs, ${nodes.length} nodes, a lap of ${Math.round(lap)} s, laps 6 to 9 are measured`);
console.log('policy, GPUs given %, useful %, preemptions, wait mean/p95 s by class, CPU s');
const results = new Map();
for (const policy of replay.POLICIES) {
  const cpu = process.cpuUsage();
  const result = replay.replay(jobs, setting, policy);
  const { user, system } = process.cpuUsage(cpu);
  results.set(policy.name, { ...result, seconds: (user + system) / 1e6 });
  const kinds = result.kinds.map(({ kind, mean, p95 }) => `${kind} ${mean.toFixed(0)}/${p95.toFixed(0)}`).join('  ');
  console.log(
    `${policy.name.padEnd(13)} ${result.utilization.toFixed(2)} ${result.useful.toFixed(2)} ${String(result.preemptions).padStart(5)}  ${kinds}  all ${result.waits.mean.toFixed(0)}/${result.waits.p95.toFixed(0)} never ${result.never} (${((user + system) / 1e6).toFixed(1)} s)`,
  );
}

const of = (name) => results.get(name);
const kind = (name, wanted) => of(name).kinds.find((one) => one.kind === wanted);
const [ours, bestFit, drf, fifo] = ['solyx', 'best-fit', 'drf', 'fifo'].map(of);
const peer = (name, value) => ({ name, value });
reportBench('placement-churn', [
  {
    name: 'GPUs at useful work',
    value: ours.useful,
    unit: '%',
    better: 'higher',
    target: bestFit.useful,
    peer: peer('best-fit with backfill', bestFit.useful),
  },
  {
    name: 'GPUs at useful work, against DRF',
    value: ours.useful,
    unit: '%',
    better: 'higher',
    target: drf.useful,
    peer: peer('DRF', drf.useful),
  },
  {
    name: 'GPUs at useful work, against FIFO',
    value: ours.useful,
    unit: '%',
    better: 'higher',
    target: fifo.useful,
    peer: peer('FIFO', fifo.useful),
  },
  {
    name: 'mean wait, latency-sensitive',
    value: kind('solyx', 'LS').mean,
    unit: 's',
    better: 'lower',
    target: kind('best-fit', 'LS').mean,
    peer: peer('best-fit with backfill', kind('best-fit', 'LS').mean),
  },
  {
    name: 'p95 wait, latency-sensitive',
    value: kind('solyx', 'LS').p95,
    unit: 's',
    better: 'lower',
    target: kind('drf', 'LS').p95,
    peer: peer('DRF', kind('drf', 'LS').p95),
  },
  {
    name: 'mean wait, best-effort',
    value: kind('solyx', 'BE').mean,
    unit: 's',
    better: 'lower',
    peer: peer('best-fit with backfill', kind('best-fit', 'BE').mean),
  },
  {
    name: 'mean wait, all',
    value: ours.waits.mean,
    unit: 's',
    better: 'lower',
    target: bestFit.waits.mean,
    peer: peer('best-fit with backfill', bestFit.waits.mean),
  },
  { name: 'preemptions per 1,000 jobs', value: (ours.preemptions / jobs.length) * 1000, unit: '', better: 'lower' },
  {
    name: 'mean wait, all, nobody made to leave',
    value: of('shadow-price').waits.mean,
    unit: 's',
    better: 'lower',
    peer: peer('DRF', drf.waits.mean),
  },
]);

saveFigure(
  'churn-waits',
  bars({
    title: 'Jobs that come and go at 100 % load: mean wait of the latency-sensitive',
    note: `openb default in laps, 1,213 nodes, quotas and priorities; simulated. GPUs at useful work: ${[...results].map(([name, { useful }]) => `${name} ${useful.toFixed(1)} %`).join(', ')}`,
    unit: 's',
    bars: [...results.keys()].map((name) => ({ name, value: kind(name, 'LS').mean, ours: name === 'solyx' })),
  }),
);
