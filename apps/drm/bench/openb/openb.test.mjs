/** The bench's own parts, on cases small enough to check by hand. Needs no traces. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflate } from '../inflation.mjs';
import { BASELINES, baseline } from './baselines.mjs';
import { fragmentation, targetMix } from './fragmentation.mjs';
import { allocationOf, bestPattern, inOrderBound } from './lp-bound.mjs';

const node = (name, gpus, cpu = 64, model = 'T4') => ({
  name,
  cpuMilli: cpu * 1000,
  memoryMiB: 262_144,
  gpus,
  model,
});
const job = (gpus, gpuMilli = 1000, cpu = 4, models = undefined) => ({
  name: 'job',
  gpus,
  gpuMilli: gpus === 0 ? 0 : gpuMilli,
  cpuMilli: cpu * 1000,
  memoryMiB: 1024,
  models,
});
const traceOf = (nodes, jobs, ranks) => ({
  trace: 'small',
  nodes,
  jobs,
  capacityMilli: nodes.reduce((sum, { gpus }) => sum + gpus * 1000, 0),
  ranksOf: () => Int32Array.from(ranks ?? nodes.map((_, place) => place)),
});
/** Where a policy puts the jobs of a trace, one after another. */
const placed = (name, trace) => {
  const policy = baseline(name, trace, 42);
  return trace.jobs.map((one) => policy.place(one));
};

test('best fit takes the node that is left with least', () => {
  const trace = traceOf([node('a', 8, 96), node('b', 2, 32)], [job(1), job(1, 500), job(8)]);
  assert.deepEqual(placed('BestFit', trace), [
    { node: 1, gpus: [0] },
    { node: 1, gpus: [1] },
    { node: 0, gpus: [0, 1, 2, 3, 4, 5, 6, 7] },
  ]);
});

test('equal scores go to the lowest rank, whatever the order of the nodes', () => {
  const nodes = [node('a', 4), node('b', 4), node('c', 4)];
  assert.equal(placed('BestFit', traceOf(nodes, [job(1)], [2, 0, 1]))[0].node, 1);
  assert.equal(placed('BestFit', traceOf(nodes, [job(1)], [1, 2, 0]))[0].node, 2);
});

test('packing prefers a shared GPU, then an idle GPU of a used node, then an idle node', () => {
  const trace = traceOf([node('a', 2), node('b', 2)], [job(1, 600), job(1, 300), job(1), job(1)]);
  assert.deepEqual(placed('GpuPacking', trace), [
    { node: 0, gpus: [0] },
    { node: 0, gpus: [0] },
    { node: 0, gpus: [1] },
    { node: 1, gpus: [0] },
  ]);
});

test('clustering keeps kinds of work apart', () => {
  const trace = traceOf([node('a', 4), node('b', 4)], [job(1, 500), job(2), job(1, 200), job(2)]);
  assert.deepEqual(
    placed('GpuClustering', trace).map((one) => one.node),
    [0, 1, 0, 1],
  );
});

test('the dot product avoids the node whose free vector is aligned with the job', () => {
  const trace = traceOf([node('a', 8, 96), node('b', 1, 8)], [job(1, 1000, 8)]);
  assert.equal(placed('DotProd', trace)[0].node, 1);
});

test('a job goes only where its GPU model is, and nowhere if there is none', () => {
  const nodes = [node('a', 2, 64, 'T4'), node('b', 2, 64, 'G2')];
  for (const name of Object.keys(BASELINES)) {
    const [onG2, nowhere] = placed(name, traceOf(nodes, [job(1, 1000, 4, ['G2']), job(1, 1000, 4, ['A100'])]));
    assert.equal(onG2.node, 1, name);
    assert.equal(nowhere, undefined, name);
  }
});

test('fragmentation is the idle GPU that the mix cannot use, weighted by frequency', () => {
  const mix = [
    { gpus: 1, gpuMilli: 500, cpuMilli: 4000, mask: 1, frequency: 0.5 },
    { gpus: 1, gpuMilli: 1000, cpuMilli: 4000, mask: 1, frequency: 0.25 },
    { gpus: 0, gpuMilli: 0, cpuMilli: 1000, mask: 1, frequency: 0.25 },
  ];
  const on = (cpu, ...gpus) => fragmentation({ cpu, gpus, model: 1 }, mix);
  // Shares can use both, whole GPUs only the second, CPU jobs none of it.
  assert.equal(on(8000, 600, 1000), 0.25 * 600 + 0.25 * 1600);
  // Nobody finds CPU: all of it is lost to all.
  assert.equal(on(500, 600, 1000), 1600);
  assert.equal(on(8000), 0);
});

test('the target mix is the most frequent classes up to 95 % of the jobs', () => {
  const klass = (gpuMilli, count) => ({ gpus: 1, gpuMilli, cpuMilli: 1000, mask: 1, count });
  const mix = targetMix([klass(100, 3), klass(500, 60), klass(1000, 36), klass(200, 1)]);
  assert.deepEqual(
    mix.map(({ gpuMilli }) => gpuMilli),
    [500, 1000],
  );
  assert.ok(Math.abs(mix[0].frequency - 60 / 96) < 1e-12);
});

test('FGD takes the GPU whose remainder the mix can still use, where best fit takes the fullest', () => {
  const jobs = [job(1, 500), job(1, 300), ...Array.from({ length: 20 }, () => job(1, 500))];
  const trace = traceOf([node('a', 2)], jobs);
  // Beside the 500, a 300 would leave 200 that no other 500 can use; on the idle GPU it leaves 700.
  assert.deepEqual(
    placed('FGD', trace)
      .slice(0, 3)
      .map((one) => one.gpus),
    [[0], [1], [0]],
  );
  assert.deepEqual(placed('BestFit', trace)[1].gpus, [0]);
});

test('the harness refuses a placement that does not fit', () => {
  const trace = traceOf([node('a', 1)], [job(1), job(1)]);
  const cheat = { place: () => ({ node: 0, gpus: [0] }) };
  assert.throws(() => inflate(trace, Int32Array.of(0, 1), cheat), /does not fit/);
  assert.throws(() => inflate(trace, Int32Array.of(0), { place: () => ({ node: 0, gpus: [] }) }), /wrong GPUs/);
});

test('the best pattern of shares is the best knapsack', () => {
  assert.deepEqual(bestPattern([300, 500], [0.3, 0.5]).counts, [0, 2]);
  assert.deepEqual(bestPattern([300, 500], [0.35, 0.5]).counts, [3, 0]);
  assert.deepEqual(bestPattern([300, 700], [0.3, 0.7]).counts, [1, 1]);
});

test('the bound admits in order what could be repacked, and nothing more', async () => {
  // 300 + 300 + 300 leaves 100; 700 + 300 fills. Two GPUs: 700, 700, 300, 300 fit only in pairs.
  const jobs = [job(1, 300), job(1, 300), job(1, 700), job(1, 700), job(1, 300)];
  const trace = traceOf([node('a', 2)], jobs);
  const arrivals = Int32Array.of(0, 1, 2, 3, 4);
  const { admitted } = await inOrderBound(trace, arrivals);
  assert.deepEqual([...admitted], [1, 1, 1, 1, 0]);
  const { allocation, firstRejection } = allocationOf(trace, arrivals, admitted);
  assert.equal(allocation[100], 100);
  assert.equal(firstRejection, 115);
});

test('the bound knows CPU, models and large jobs', async () => {
  const nodes = [node('a', 8, 16, 'G2'), node('b', 2, 64, 'T4')];
  const jobs = [job(8, 1000, 12), job(8, 1000, 1), job(1, 1000, 60, ['T4']), job(1, 1000, 60)];
  const { admitted } = await inOrderBound(traceOf(nodes, jobs), Int32Array.of(0, 1, 2, 3));
  assert.deepEqual([...admitted], [1, 0, 1, 0]);
});
