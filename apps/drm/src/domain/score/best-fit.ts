import { WHOLE_GPU } from '../capacity';
import { MILLI, type Opinion } from './opinion';

/** The fuller the node afterwards, the better: empty nodes stay whole for large work. */
export const bestFit: Opinion = {
  term: 'best-fit',
  of: 'free',
  value: (node, ask) => (ask.gpus === 0 ? 0 : 0 - (node.gpuMilliFree - ask.gpuMilliTotal) * MILLI),
};

/** For a fraction of a GPU: what stays unused on the GPUs it would share. Whole GPUs leave nothing. */
export const gpuFit: Opinion = {
  term: 'gpu-fit',
  of: 'free',
  value: (node, ask, { places }) => {
    if (ask.gpus === 0 || ask.gpuMilli >= WHOLE_GPU) return 0;
    const free: number[] = [];
    for (let place = 0; place < node.gpuFree.length; place += 1) {
      const milli = node.gpuFree[place] ?? 0;
      if (milli >= ask.gpuMilli && (!places || places.includes(place))) free.push(milli - ask.gpuMilli);
    }
    free.sort((a, b) => a - b);
    return 0 - free.slice(0, ask.gpus).reduce((sum, left) => sum + left, 0) * MILLI;
  },
};

/** A core that stays free, against a GPU: 16 cores usually come with one. */
const MICRO_GPU_PER_CPU_MILLI = 62;

/** For work without GPUs: leave nodes with free GPUs alone, and fill the fullest of the others. */
export const gpusKept: Opinion = {
  term: 'gpus-kept',
  of: 'free',
  value: (node, ask) =>
    ask.gpus > 0
      ? 0
      : 0 - node.gpuMilliFree * MILLI - Math.max(0, node.cpuFree - ask.cpuMilli) * MICRO_GPU_PER_CPU_MILLI,
};
