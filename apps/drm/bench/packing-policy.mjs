/**
 * The packing engine of Solyx as a policy of the inflation bench. `learnt` comes from `learn`: the mix of the trace (or
 * of the arrivals so far), slice prices, scarce models, watts.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
export const packing = require('../dist/domain/packing/index.js');

const keyOf = ({ gpus, gpuMilli, cpuMilli, memoryMiB, models }) =>
  `${gpus}|${gpuMilli}|${cpuMilli}|${memoryMiB}|${models === undefined ? '' : models.join('|')}`;

/** Jobs counted by class. */
export function mixOf(jobs) {
  const classes = new Map();
  for (const job of jobs) {
    const key = keyOf(job);
    const known = classes.get(key);
    if (known) known.count += 1;
    else {
      const { gpus, gpuMilli, cpuMilli, memoryMiB, models } = job;
      classes.set(key, { gpus, gpuMilli, cpuMilli, memoryMiB, models, count: 1 });
    }
  }
  return [...classes.values()].sort(packing.order);
}

/** Watts that a working GPU draws more than an idle one, by the published model. */
const WATTS = { T4: 60, A10: 120, P100: 225, V100M16: 270, V100M32: 270, G2: 120, G3: 350 };

/**
 * @param nodes of the trace
 * @param jobs from which to learn
 * @param slicePrices [{ gpuMilli, microGpu }]: duals of the pattern program over the same mix
 */
export function learn(nodes, jobs, slicePrices, weights = packing.SHADOW_PRICE) {
  const mix = mixOf(jobs);
  const models = [...new Set(nodes.map(({ model }) => model))].sort();
  const capacity = new Map(models.map((model) => [model, 0]));
  for (const { model, gpus } of nodes) capacity.set(model, capacity.get(model) + gpus * 1000);
  const scarcity = packing.scarcityOf(mix, capacity);
  const prices = {
    residual: packing.residualValues(slicePrices),
    scarcity: models.map((model) => scarcity.get(model)),
    watts: models.map((model) => WATTS[model] ?? 200),
    cpuScarcity: packing.cpuScarcityOf(mix, {
      cpuMilli: nodes.reduce((sum, { cpuMilli }) => sum + cpuMilli, 0),
      gpuMilli: nodes.reduce((sum, { gpus }) => sum + gpus * 1000, 0),
    }),
    coreMilliPerGpu: packing.coresPerGpuOf(mix, weights),
  };
  return { mix, prices, weights };
}

export class PackingPolicy {
  /** @param rank of each node: of equal scores the lower one wins */
  constructor(nodes, rank, learnt) {
    this.places = [...nodes.keys()].sort((a, b) => rank[a] - rank[b]);
    this.nodes = this.places.map((place) => nodes[place]);
    this.engine = new packing.Packing(this.nodes, learnt);
    this.byClass = new Map();
    this.terms = new Map();
  }

  /** One object for all jobs of a class: the engine keeps a view for each. */
  termsOf(job) {
    const known = this.terms.get(job);
    if (known) return known;
    const key = keyOf(job);
    let terms = this.byClass.get(key);
    if (!terms) {
      const { gpus, gpuMilli, cpuMilli, memoryMiB, models } = job;
      const wanted = models && new Set(models);
      const allowed = wanted ? (at) => wanted.has(this.nodes[at].model) : () => true;
      terms = { shape: { gpus, gpuMilli, cpuMilli, memoryMiB }, allowed };
      this.byClass.set(key, terms);
    }
    this.terms.set(job, terms);
    return terms;
  }

  place(job) {
    const terms = this.termsOf(job);
    const choice = this.engine.choose(this.engine.view(terms));
    if (!choice) return undefined;
    this.engine.take(choice.at, terms.shape, choice.gpus);
    return { node: this.places[choice.at], gpus: choice.gpus };
  }
}
