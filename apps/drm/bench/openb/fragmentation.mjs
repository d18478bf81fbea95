/** Fragmentation Gradient Descent (Weng et al., USENIX ATC 2023), re-implemented from the paper and its published simulator's behaviour. */
import { GPUS_MAX, WHOLE } from './fleet.mjs';

const POPULAR = 0.95;

/** Later names first among equals, so that the mix is the same on every run. */
function byCountThenShape(a, b) {
  const difference = b.count - a.count || b.cpuMilli - a.cpuMilli || b.gpuMilli - a.gpuMilli || b.gpus - a.gpus;
  return difference || (a.spec < b.spec ? 1 : -1);
}

/** The most frequent classes (memory does not count) that together are 95 % of the jobs, with their frequencies. */
export function targetMix(classes) {
  const byKey = new Map();
  for (const { gpus, gpuMilli, cpuMilli, models, mask, count } of classes) {
    const spec = models?.join('|') ?? '';
    const key = [gpus, gpuMilli, cpuMilli, spec].join();
    const known = byKey.get(key);
    if (known) known.count += count;
    else byKey.set(key, { gpus, gpuMilli, cpuMilli, spec, mask, count });
  }
  const sorted = [...byKey.values()].sort(byCountThenShape);
  const total = sorted.reduce((sum, { count }) => sum + count, 0);
  const mix = [];
  let covered = 0;
  for (const one of sorted) {
    if (covered >= POPULAR * total) break;
    mix.push(one);
    covered += one.count;
  }
  return mix.map((one) => ({ ...one, frequency: one.count / total / (covered / total) }));
}

/**
 * Thousandths of a GPU that lie idle on a node and that the mix cannot use there, weighted by frequency. Sums are kept
 * apart by cause, and added in one order, because a score is cut to an integer and the last bit of a float decides ties.
 */
export function fragmentation({ cpu, gpus, model }, mix) {
  let total = 0;
  for (const left of gpus) total += left;
  if (total === 0) return 0;
  let lackBoth = 0;
  let lackGpu = 0;
  let lackCpu = 0;
  let cpuOnly = 0;
  let cpuOnlyLack = 0;
  let noAccess = 0;
  for (let place = 0; place < mix.length; place += 1) {
    const { frequency, gpuMilli, gpus: wanted, cpuMilli, mask } = mix[place];
    const hasCpu = cpu >= cpuMilli;
    if (gpuMilli === 0) {
      if (hasCpu) cpuOnly += frequency * total;
      else cpuOnlyLack += frequency * total;
      continue;
    }
    if ((model & mask) === 0) {
      noAccess += frequency * total;
      continue;
    }
    let enough = 0;
    let small = 0;
    for (const left of gpus) {
      if (left >= gpuMilli) enough += 1;
      else small += left;
    }
    if (enough >= wanted) {
      if (hasCpu) lackGpu += frequency * small;
      else lackCpu += frequency * total;
    } else if (hasCpu) lackGpu += frequency * total;
    else lackBoth += frequency * total;
  }
  return lackBoth + lackGpu + lackCpu + cpuOnly + cpuOnlyLack + noAccess;
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/** Score: the drop in fragmentation, 100 x sigmoid of GPUs, cut to an integer. */
export const fgd =
  ({ cut = true } = {}) =>
  (fleet, classes) => {
    const mix = targetMix(classes);
    const gpusOf = (node) => Array.from(fleet.gpu.subarray(node * GPUS_MAX, node * GPUS_MAX + fleet.gpus[node]));
    const rated = (before, node) => {
      const drop = (before - fragmentation(node, mix)) / 1000;
      return cut ? Math.trunc(sigmoid(drop) * 100) : Math.round(sigmoid(drop) * 1e9);
    };
    /** Fragmentation of a node as it is, until it changes. */
    const known = new Float64Array(fleet.size).fill(-1);
    const now = (node, gpus) => {
      if (known[node] < 0) known[node] = fragmentation({ cpu: fleet.cpu[node], gpus, model: fleet.model[node] }, mix);
      return known[node];
    };
    /** The best GPU for a share and its score; GPUs with as much left are the same, the first is taken. */
    const best = (node, klass) => {
      const gpus = gpusOf(node);
      const before = now(node, gpus);
      const cpu = fleet.cpu[node] - klass.cpuMilli;
      const model = fleet.model[node];
      let found = { gpu: -1, score: 0 };
      for (let gpu = 0; gpu < gpus.length; gpu += 1) {
        const left = gpus[gpu];
        if (left < klass.gpuMilli || gpus.indexOf(left) < gpu) continue;
        gpus[gpu] = left - klass.gpuMilli;
        const score = rated(before, { cpu, gpus, model });
        gpus[gpu] = left;
        if (found.gpu < 0 || score > found.score) found = { gpu, score };
      }
      return found;
    };
    return {
      taken: (node) => (known[node] = -1),
      share: (node, klass) => best(node, klass).gpu,
      score(node, klass) {
        if (klass.gpuMilli > 0 && klass.gpuMilli < WHOLE) return best(node, klass).score;
        const gpus = gpusOf(node);
        const before = now(node, gpus);
        for (let gpu = 0, left = klass.gpus; left > 0; gpu += 1) {
          if (gpus[gpu] !== WHOLE) continue;
          gpus[gpu] = 0;
          left -= 1;
        }
        return rated(before, { cpu: fleet.cpu[node] - klass.cpuMilli, gpus, model: fleet.model[node] });
      },
    };
  };
