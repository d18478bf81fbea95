/**
 * What every re-implemented policy stands on: the fleet in typed arrays, the classes of jobs, and a greedy choice that
 * keeps the score of each class on each node and scores again only the nodes that changed.
 */
import { generator } from '../openb-trace.mjs';

export const GPUS_MAX = 8;
export const WHOLE = 1000;

/** Bit per GPU model; a job without models asks for all. */
export function modelBits(nodes) {
  const models = [...new Set(nodes.map(({ model }) => model))].sort();
  const bit = new Map(models.map((model, place) => [model, 1 << place]));
  const all = (1 << models.length) - 1;
  return {
    of: (model) => bit.get(model),
    mask: (wanted) => (wanted === undefined ? all : wanted.reduce((mask, model) => mask | (bit.get(model) ?? 0), 0)),
  };
}

/** Jobs that ask for the same are one class: { gpus, gpuMilli, cpuMilli, memoryMiB, models, mask, count }. */
export function classesOf(jobs, bits) {
  const classes = [];
  const byKey = new Map();
  const ofJob = new Map();
  for (const job of jobs) {
    const { gpus, gpuMilli, cpuMilli, memoryMiB, models } = job;
    const key = [gpus, gpuMilli, cpuMilli, memoryMiB, models?.join('|') ?? ''].join();
    let place = byKey.get(key);
    if (place === undefined) {
      place = classes.push({ gpus, gpuMilli, cpuMilli, memoryMiB, models, mask: bits.mask(models), count: 0 }) - 1;
      byKey.set(key, place);
    }
    classes[place].count += 1;
    ofJob.set(job, place);
  }
  return { classes, ofJob };
}

/** Nodes in the order in which ties are broken, so that the first of the best is the one to take. */
export class Fleet {
  constructor(nodes, ranks) {
    this.size = nodes.length;
    this.bits = modelBits(nodes);
    /** Place in the trace by place here. */
    this.origin = new Int32Array(this.size);
    ranks.forEach((rank, place) => (this.origin[rank] = place));
    const ranked = Array.from(this.origin, (place) => nodes[place]);
    this.cpu = Int32Array.from(ranked, ({ cpuMilli }) => cpuMilli);
    this.memory = Int32Array.from(ranked, ({ memoryMiB }) => memoryMiB);
    this.gpus = Int32Array.from(ranked, ({ gpus }) => gpus);
    this.model = Int32Array.from(ranked, ({ model }) => this.bits.of(model));
    this.gpu = new Int32Array(this.size * GPUS_MAX);
    this.left = Int32Array.from(ranked, ({ gpus }) => gpus * WHOLE);
    this.whole = Int32Array.from(this.gpus);
    this.gpus.forEach((gpus, node) => this.gpu.fill(WHOLE, node * GPUS_MAX, node * GPUS_MAX + gpus));
  }

  /** The fullest GPU with room for a share, the first of equals; -1 where none has. */
  tightest(node, milli) {
    const base = node * GPUS_MAX;
    let found = -1;
    for (let gpu = 0; gpu < this.gpus[node]; gpu += 1) {
      const left = this.gpu[base + gpu];
      if (left >= milli && (found < 0 || left < this.gpu[base + found])) found = gpu;
    }
    return found;
  }

  fits(node, { gpus, gpuMilli, cpuMilli, memoryMiB, mask }) {
    if (this.cpu[node] < cpuMilli || this.memory[node] < memoryMiB) return false;
    if (gpus === 0) return true;
    if ((this.model[node] & mask) === 0) return false;
    return gpuMilli < WHOLE ? this.tightest(node, gpuMilli) >= 0 : this.whole[node] >= gpus;
  }

  /** The first empty GPUs. */
  wholes(node, gpus) {
    const found = [];
    for (let gpu = 0; found.length < gpus; gpu += 1) if (this.gpu[node * GPUS_MAX + gpu] === WHOLE) found.push(gpu);
    return found;
  }

  take(node, { gpuMilli, cpuMilli, memoryMiB }, gpus) {
    this.cpu[node] -= cpuMilli;
    this.memory[node] -= memoryMiB;
    this.left[node] -= gpuMilli * gpus.length;
    for (const gpu of gpus) {
      if (this.gpu[node * GPUS_MAX + gpu] === WHOLE) this.whole[node] -= 1;
      this.gpu[node * GPUS_MAX + gpu] -= gpuMilli;
    }
  }
}

const UNFIT = -1;

/**
 * Takes the node with the best score of those with room.
 * `scorer`: { score(node, class): integer >= 0, share?(node, class): GPU for a share, taken?(node, class) }.
 */
export class Greedy {
  constructor(trace, { ranks, scorerOf, seed = 0, ties = 'rank' }) {
    this.fleet = new Fleet(trace.nodes, ranks);
    const { classes, ofJob } = classesOf(trace.jobs, this.fleet.bits);
    this.classes = classes;
    this.ofJob = ofJob;
    this.random = generator(seed ^ 0x2545f491);
    this.ties = ties;
    this.scorer = scorerOf(this.fleet, classes, this.random);
    this.changed = [];
    this.known = classes.map(() => undefined);
    this.seen = new Int32Array(classes.length);
  }

  rate(node, klass) {
    return this.fleet.fits(node, klass) ? this.scorer.score(node, klass) : UNFIT;
  }

  /** Scores of a class on all nodes, up to date. */
  scoresOf(place) {
    const klass = this.classes[place];
    let scores = this.known[place];
    if (scores === undefined) {
      scores = this.known[place] = new Int32Array(this.fleet.size);
      for (let node = 0; node < this.fleet.size; node += 1) scores[node] = this.rate(node, klass);
    } else {
      const fresh = new Set(this.changed.slice(this.seen[place]));
      for (const node of fresh) if (scores[node] !== UNFIT) scores[node] = this.rate(node, klass);
    }
    this.seen[place] = this.changed.length;
    return scores;
  }

  choose(place) {
    const scores = this.scoresOf(place);
    if (this.ties === 'random') return this.chooseByChance(scores);
    let best = UNFIT;
    let found = -1;
    for (let node = 0; node < scores.length; node += 1) {
      if (scores[node] > best) {
        best = scores[node];
        found = node;
      }
    }
    return found;
  }

  chooseByChance(scores) {
    let best = UNFIT;
    let found = -1;
    let equals = 0;
    for (let node = 0; node < scores.length; node += 1) {
      if (scores[node] > best) {
        best = scores[node];
        equals = 0;
      }
      if (best === UNFIT || scores[node] !== best) continue;
      equals += 1;
      if (this.random() * equals < 1) found = node;
    }
    return found;
  }

  place(job) {
    const place = this.ofJob.get(job);
    const klass = this.classes[place];
    const node = this.choose(place);
    if (node < 0) return undefined;
    const gpus = this.gpusFor(node, klass);
    this.fleet.take(node, klass, gpus);
    this.scorer.taken?.(node, klass);
    this.changed.push(node);
    return { node: this.fleet.origin[node], gpus };
  }

  gpusFor(node, klass) {
    if (klass.gpus === 0) return [];
    if (klass.gpuMilli === WHOLE) return this.fleet.wholes(node, klass.gpus);
    return [this.scorer.share?.(node, klass) ?? this.fleet.tightest(node, klass.gpuMilli)];
  }
}
