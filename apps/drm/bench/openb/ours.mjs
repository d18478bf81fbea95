/** The packing engine of Solyx in the inflation harness: as it is, with random ties, learning as it goes, saving power. */
import { createRequire } from 'node:module';
import { generator } from '../openb-trace.mjs';
import { learn, mixOf, packing, PackingPolicy } from '../packing-policy.mjs';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { HighsSolver } = require('../../dist/adapters/highs-solver.js');
const { slicePrices } = require('../../dist/application/solve-prices.process.js');
const { SLICE_STEP, sliceDemand } = packing;

const solver = new HighsSolver();
/** Ends the solver's thread. */
export const endSolver = () => solver.onApplicationShutdown();

/** Dual prices of the slices that these jobs ask for, by the very process that the service runs. */
export async function slicePricesOf(jobs) {
  const demand = sliceDemand(mixOf(jobs));
  const sizes = [...demand.keys()];
  const found = await slicePrices(solver, sizes, packing.sharesOf([...demand.values()]));
  if (!found) throw new Error('the slices have no prices');
  return sizes.map((size, place) => ({ gpuMilli: size * SLICE_STEP, microGpu: found[place] }));
}

/** What is known of a trace: its mix and the prices of its slices. */
export async function knowledgeOf(trace, jobs = trace.jobs, weights = packing.SHADOW_PRICE) {
  return learn(trace.nodes, jobs, await slicePricesOf(jobs), weights);
}

/** As it is; of equal scores the lower rank wins. */
export const ours = (trace, seed, learnt) => new PackingPolicy(trace.nodes, trace.ranksOf(seed), learnt);

/** Of equal scores any, as upstream Kubernetes has it. */
export class RandomTies extends PackingPolicy {
  constructor(trace, seed, learnt) {
    super(trace.nodes, trace.ranksOf(seed), learnt);
    this.random = generator(seed ^ 0x1b873593);
  }

  place(job) {
    const terms = this.termsOf(job);
    const view = this.engine.view(terms);
    const first = this.engine.choose(view);
    if (!first) return undefined;
    const { scores } = view.candidates;
    let at = first.at;
    let equals = 0;
    for (let node = 0; node < scores.length; node += 1) {
      if (scores[node] !== first.score) continue;
      equals += 1;
      if (this.random() * equals < 1) at = node;
    }
    const { gpus } = at === first.at ? first : this.engine.choiceAt(view, at);
    this.engine.take(at, terms.shape, gpus);
    return { node: this.places[at], gpus };
  }
}

/** Knows nothing at first; learns the mix and the prices from the arrivals so far, at these counts of them. */
export class LearnsAsItGoes extends PackingPolicy {
  /** @param lessons Map of a count of arrivals to what was learnt from them */
  constructor(trace, seed, lessons) {
    super(trace.nodes, trace.ranksOf(seed), lessons.get(0));
    this.lessons = lessons;
    this.seen = 0;
  }

  static async lessons(trace, arrivals, counts) {
    const lessons = new Map();
    for (const count of [0, ...counts]) {
      const jobs = Array.from(arrivals.slice(0, count), (place) => trace.jobs[place]);
      lessons.set(count, await knowledgeOf(trace, jobs));
    }
    return lessons;
  }

  place(job) {
    const lesson = this.seen > 0 && this.lessons.get(this.seen);
    if (lesson) this.engine.learn(lesson);
    this.seen += 1;
    return super.place(job);
  }
}

/** As `shadow-price-power/1`: watts have a price that falls as the fleet fills; from 80 % on room counts alone. */
export class SavesPower extends PackingPolicy {
  constructor(trace, seed, learnt) {
    const price = packing.powerPriceAt(0);
    super(trace.nodes, trace.ranksOf(seed), { ...learnt, weights: packing.withPower(learnt.weights, price) });
    this.learnt = learnt;
    this.price = price;
    this.held = 0;
    this.capacityMilli = trace.capacityMilli;
  }

  place(job) {
    const placed = super.place(job);
    if (placed) this.held += job.gpus * job.gpuMilli;
    const price = packing.powerPriceAt(Math.floor((this.held * 1000) / this.capacityMilli));
    if (price === this.price) return placed;
    this.price = price;
    this.engine.learn({ ...this.learnt, weights: packing.withPower(this.learnt.weights, price) });
    return placed;
  }
}
