/**
 * The policies of the published table (hkust-adsl/kubernetes-scheduler-simulator, 102 policy-trace pairs), re-implemented
 * from their definitions, so that ours is compared with them in the same run. They agree with the published means within
 * 0.15 point at 130 % of offered load on every trace.
 */
import { GPUS_MAX, Greedy, WHOLE } from './fleet.mjs';
import { fgd } from './fragmentation.mjs';

const CPU_MAX = 128_000;
const GPU_MAX = 8_000;

/** What is left over, CPU and GPU half each, as shares of the largest node. */
const bestFit = (fleet) => ({
  score(node, { cpuMilli, gpus, gpuMilli }) {
    let over = 0;
    over += ((fleet.cpu[node] - cpuMilli) / CPU_MAX) * 0.5;
    over += ((fleet.left[node] - gpus * gpuMilli) / GPU_MAX) * 0.5;
    return Math.trunc((1 - over) * 100);
  },
});

/** Tetris' alignment (Grandl et al., SIGCOMM 2014) with the GPUs of a node as one dimension; the smaller product wins. */
const dotProduct = (fleet) => ({
  score(node, { cpuMilli, gpus, gpuMilli }) {
    let product = 0;
    product += (fleet.cpu[node] / CPU_MAX) * (cpuMilli / CPU_MAX);
    product += (fleet.left[node] / GPU_MAX) * ((gpus * gpuMilli) / GPU_MAX);
    return Math.trunc(100 * (1 - product / 2));
  },
});

const kindOf = ({ gpus, gpuMilli }) => (gpuMilli < WHOLE ? 1 : 1 << gpus);

/** Work of one kind (shares, one GPU, two, ...) together; then idle nodes; fuller ones first. */
const gpuClustering = (fleet) => {
  const kinds = new Int32Array(fleet.size);
  return {
    taken(node, klass) {
      if (klass.gpus > 0) kinds[node] |= kindOf(klass);
    },
    score(node, klass) {
      if (klass.gpus === 0) return 0;
      const kind = kindOf(klass);
      const fullness = Math.trunc((25 * (GPU_MAX - fleet.left[node])) / GPU_MAX);
      if ((kinds[node] & kind) !== 0) return fullness + (kinds[node] === kind ? 75 : 50);
      return fullness + (kinds[node] === 0 ? 25 : 0);
    },
  };
};

/** Shared GPUs, then idle GPUs of used nodes, then idle nodes. */
const gpuPacking = (fleet) => {
  const lefts = (node) => fleet.gpu.subarray(node * GPUS_MAX, node * GPUS_MAX + fleet.gpus[node]);
  return {
    score(node, { gpus, gpuMilli }) {
      if (gpuMilli === 0) return 0;
      const whole = fleet.whole[node];
      if (whole === fleet.gpus[node]) return Math.max(33 - whole, whole);
      const used = Array.from(lefts(node))
        .sort((a, b) => a - b)
        .filter((left) => left >= gpuMilli)
        .slice(0, gpus);
      const idle = used.filter((left) => left === WHOLE).length;
      if (idle > 0) return Math.max(50 - idle, 33);
      const free = used.reduce((sum, left) => sum + Math.trunc((left * 100) / WHOLE), 0);
      return Math.max(100 - Math.trunc(free / 10), 50);
    },
  };
};

/** Any node with room, and any GPU with room on it. */
const anyNode = (fleet, _classes, random) => ({
  score: () => 0,
  share(node, { gpuMilli }) {
    let found = -1;
    for (let gpu = 0, fitting = 0; gpu < fleet.gpus[node]; gpu += 1) {
      if (fleet.gpu[node * GPUS_MAX + gpu] < gpuMilli) continue;
      fitting += 1;
      if (random() * fitting < 1) found = gpu;
    }
    return found;
  },
});

/** Published name of each, and how it scores. */
export const BASELINES = {
  FGD: { published: '06-FGD', scorerOf: fgd() },
  BestFit: { published: '05-BestFit', scorerOf: bestFit },
  DotProd: { published: '02-DotProd', scorerOf: dotProduct },
  GpuClustering: { published: '03-GpuClustering', scorerOf: gpuClustering },
  GpuPacking: { published: '04-GpuPacking', scorerOf: gpuPacking },
  Random: { published: '01-Random', scorerOf: anyNode, ties: 'random' },
};

/** A policy of that name for the inflation harness: { place(job) }. `ties` 'random' as upstream Kubernetes breaks them. */
export function baseline(name, trace, seed, ties) {
  const { scorerOf, ties: own } = BASELINES[name];
  return new Greedy(trace, { ranks: trace.ranksOf(seed), scorerOf, seed, ties: ties ?? own ?? 'rank' });
}
