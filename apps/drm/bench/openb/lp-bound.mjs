/**
 * The honest ceiling: a scheduler that admits in order of arrival and may repack everything for nothing at each arrival.
 *
 * The packing is relaxed to a linear program over node types: how much of each class runs on each type, and how many GPUs
 * of each type follow which pattern of shares (columns made when their price says so). An arrival is admitted if the
 * relaxed packing still exists, so the bound is optimistic; it refuses nobody it could take, so it is no bound on
 * schedulers that sacrifice some jobs for others.
 *
 * An LP for each arrival would take hours. Instead: an infeasible demand gives a cut by its dual prices (price times
 * demand must not exceed what the fleet is worth at these prices), which every feasible demand satisfies. The arrivals
 * are played against the cuts alone; where the demand at the end is feasible, so was every one before it, for demand
 * only grows, and every rejection was right, for cuts are necessary. Else that end gives another cut.
 */
import { createRequire } from 'node:module';
import { classesOf, modelBits, WHOLE } from './fleet.mjs';

const loadHighs = createRequire(import.meta.url)('highs');

const STEP = 10;
const EPSILON = 1e-6;
const CUTS_MAX = 4_000;
const COLUMNS_ROUNDS_MAX = 200;

/** Node types with their number: { cpu, memory, gpus, model, count }. */
function typesOf(nodes, bits) {
  const types = new Map();
  for (const { cpuMilli: cpu, memoryMiB: memory, gpus, model } of nodes) {
    const key = [cpu, memory, gpus, model].join();
    const type = types.get(key) ?? { cpu, memory, gpus, model: bits.of(model), count: 0 };
    type.count += 1;
    types.set(key, type);
  }
  return [...types.values()];
}

const mayRun = (type, { gpus, cpuMilli, memoryMiB, mask }) =>
  type.cpu >= cpuMilli && type.memory >= memoryMiB && type.gpus >= gpus && (gpus === 0 || (type.model & mask) !== 0);

const isShare = ({ gpus, gpuMilli }) => gpus === 1 && gpuMilli < WHOLE;

/** The most valuable pattern of shares on one GPU: an unbounded knapsack in steps of ten thousandths. */
export function bestPattern(sizes, values, capacity = WHOLE) {
  const best = new Float64Array(capacity / STEP + 1);
  const chosen = new Int32Array(best.length).fill(-1);
  for (let room = 1; room < best.length; room += 1) {
    best[room] = best[room - 1];
    for (let place = 0; place < sizes.length; place += 1) {
      const before = room - sizes[place] / STEP;
      if (before < 0 || best[before] + values[place] <= best[room] + 1e-12) continue;
      best[room] = best[before] + values[place];
      chosen[room] = place;
    }
  }
  const counts = new Array(sizes.length).fill(0);
  for (let room = best.length - 1; room > 0;) {
    if (chosen[room] < 0) room -= 1;
    else {
      counts[chosen[room]] += 1;
      room -= sizes[chosen[room]] / STEP;
    }
  }
  return { value: best[best.length - 1], counts };
}

/** The relaxed packing: `check(demand)` says how much of it finds no room, and gives the cut that shows it. */
export class RelaxedPacking {
  static async of(nodes, jobs) {
    return new RelaxedPacking(await loadHighs(), nodes, jobs);
  }

  constructor(highs, nodes, jobs) {
    const bits = modelBits(nodes);
    Object.assign(this, classesOf(jobs, bits), { highs, types: typesOf(nodes, bits), solves: 0, columns: 0 });
    this.sizes = [...new Set(this.classes.filter(isShare).map(({ gpuMilli }) => gpuMilli))].sort((a, b) => a - b);
    this.layOut();
    this.build();
  }

  /** Rows: CPU, memory, GPUs and large jobs of each type, shares of each type and size, demand of each class. */
  layOut() {
    const { types, sizes, classes } = this;
    let row = 0;
    this.rows = types.map(() => {
      const [cpu, memory, gpus, large] = [row, row + 1, row + 2, row + 3];
      row += 4;
      const shares = sizes.map((_, place) => row + place);
      row += sizes.length;
      return { cpu, memory, gpus, large, shares };
    });
    this.firstDemand = row;
    this.rowCount = row + classes.length;
  }

  build() {
    const { types, sizes, classes, highs } = this;
    const upper = new Float64Array(this.rowCount).fill(highs.infinity);
    const lower = new Float64Array(this.rowCount).fill(-highs.infinity);
    this.rows.forEach((rows, place) => {
      const { cpu, memory, gpus, count } = types[place];
      upper[rows.cpu] = (cpu * count) / 1000;
      upper[rows.memory] = (memory * count) / 1024;
      upper[rows.gpus] = gpus * count;
      upper[rows.large] = count;
      for (const row of rows.shares) upper[row] = 0;
    });
    this.capacity = upper.slice(0, this.firstDemand);
    lower.fill(0, this.firstDemand);
    this.model = highs.createModel();
    this.model.options.set({ output_flag: false, presolve: 'off', solver: 'simplex' });
    for (let row = 0; row < this.rowCount; row += 1)
      this.model.addRow(lower[row], upper[row], { indices: [], values: [] });
    // What finds no room, weighted by size, so that a cut speaks of GPUs.
    classes.forEach((klass, place) => {
      this.addColumn(weightOf(klass), [[this.firstDemand + place, 1]]);
    });
    types.forEach((type, place) => {
      const rows = this.rows[place];
      classes.forEach((klass, at) => {
        if (mayRun(type, klass)) this.addColumn(0, this.entriesOf(rows, type, klass, at));
      });
      sizes.forEach((size, at) => {
        this.addPattern(
          place,
          sizes.map((_, other) => (other === at ? Math.floor(WHOLE / size) : 0)),
        );
      });
    });
  }

  entriesOf(rows, type, klass, at) {
    const { gpus, gpuMilli, cpuMilli, memoryMiB } = klass;
    const entries = [
      [rows.cpu, cpuMilli / 1000],
      [rows.memory, memoryMiB / 1024],
      [this.firstDemand + at, 1],
    ];
    if (isShare(klass)) entries.push([rows.shares[this.sizes.indexOf(gpuMilli)], 1]);
    else if (gpus > 0) entries.push([rows.gpus, gpus]);
    // Two jobs that need more than half of a node each cannot share it.
    if (gpus * 2 > type.gpus && gpus > 1) entries.push([rows.large, 1]);
    return entries;
  }

  addColumn(cost, entries) {
    const filled = entries.filter(([, value]) => value !== 0);
    this.model.addCol(cost, 0, this.highs.infinity, {
      indices: filled.map(([row]) => row),
      values: filled.map(([, value]) => value),
    });
  }

  addPattern(place, counts) {
    const { gpus, shares } = this.rows[place];
    this.addColumn(0, [[gpus, 1], ...counts.map((count, at) => [shares[at], -count])]);
    this.columns += 1;
  }

  /** Solves, and adds patterns that would pay until none does. Returns the solution's prices. */
  solve() {
    for (let round = 0; round < COLUMNS_ROUNDS_MAX; round += 1) {
      this.model.run();
      this.solves += 1;
      const { rowDual } = this.model.getSolution();
      if (!this.addPaying(rowDual)) return { lost: this.model.getObjectiveValue(), rowDual };
    }
    throw new Error('the patterns did not settle');
  }

  addPaying(rowDual) {
    let added = false;
    this.rows.forEach(({ gpus, shares }, place) => {
      const values = shares.map((row) => Math.max(0, -rowDual[row]));
      const { value, counts } = bestPattern(this.sizes, values);
      if (value <= Math.max(0, -rowDual[gpus]) + 1e-7) return;
      this.addPattern(place, counts);
      added = true;
    });
    return added;
  }

  /** Undefined where the demand (jobs by class) finds room; else a cut { prices by class, worth }. */
  check(demand) {
    demand.forEach((jobs, place) => {
      this.model.changeRowBounds(this.firstDemand + place, jobs, this.highs.infinity);
    });
    const { lost, rowDual } = this.solve();
    if (lost <= EPSILON) return undefined;
    const prices = Float64Array.from(demand, (_, place) => Math.max(0, rowDual[this.firstDemand + place]));
    const worth = demand.reduce((sum, jobs, place) => sum + prices[place] * jobs, 0) - lost;
    return { prices, worth };
  }

  dispose() {
    this.model.dispose();
  }
}

const weightOf = ({ gpus, gpuMilli, cpuMilli }) => Math.max((gpus * gpuMilli) / WHOLE, cpuMilli / 12_000, 0.05);

/** Plays the arrivals against the cuts. */
function play(arrivals, cuts) {
  const spent = new Float64Array(cuts.length);
  const admitted = new Uint8Array(arrivals.length);
  for (let step = 0; step < arrivals.length; step += 1) {
    const at = arrivals[step];
    let fits = true;
    for (let cut = 0; fits && cut < cuts.length; cut += 1) {
      fits = spent[cut] + cuts[cut].prices[at] <= cuts[cut].worth + EPSILON;
    }
    if (!fits) continue;
    admitted[step] = 1;
    for (let cut = 0; cut < cuts.length; cut += 1) spent[cut] += cuts[cut].prices[at];
  }
  return admitted;
}

function demandOf(classes, arrivals, admitted, until) {
  const demand = new Array(classes.length).fill(0);
  for (let step = 0; step < until; step += 1) if (admitted[step]) demand[arrivals[step]] += 1;
  return demand;
}

/** Who is admitted by the relaxed packing, in order: { admitted: 0 or 1 per arrival, cuts, solves }. */
export async function inOrderBound(trace, arrivals, say = () => {}) {
  const packing = await RelaxedPacking.of(trace.nodes, trace.jobs);
  const classOf = Int32Array.from(arrivals, (place) => packing.ofJob.get(trace.jobs[place]));
  const cuts = [];
  let sure = 0;
  for (;;) {
    const admitted = play(classOf, cuts);
    // The end first; where it has no room, the middle of what is not sure yet, which cuts nearer to the path.
    let until = admitted.length;
    let cut = packing.check(demandOf(packing.classes, classOf, admitted, until));
    if (!cut) {
      packing.dispose();
      return { admitted, cuts: cuts.length, solves: packing.solves };
    }
    cuts.push(cut);
    for (;;) {
      const middle = (sure + until) >> 1;
      if (middle === sure) break;
      cut = packing.check(demandOf(packing.classes, classOf, admitted, middle));
      if (cut) {
        cuts.push(cut);
        until = middle;
      } else sure = middle;
      if (until - sure < 64) break;
    }
    if (cuts.length > CUTS_MAX) throw new Error('too many cuts');
    say({ cuts: cuts.length, sure, solves: packing.solves, columns: packing.columns });
  }
}

/** Allocation in percent by percent of offered load, as the published tables have it. */
export function allocationOf(trace, arrivals, admitted) {
  const sums = new Float64Array(132);
  const counts = new Float64Array(132);
  let offered = 0;
  let held = 0;
  let firstRejection;
  arrivals.forEach((place, step) => {
    const { gpus, gpuMilli } = trace.jobs[place];
    offered += gpus * gpuMilli;
    const load = (offered * 100) / trace.capacityMilli;
    if (admitted[step]) held += gpus * gpuMilli;
    else firstRejection ??= load;
    const bin = Math.min(131, Math.round(load));
    sums[bin] += (held * 100) / trace.capacityMilli;
    counts[bin] += 1;
  });
  const allocation = Array.from(sums, (sum, bin) => (counts[bin] > 0 ? sum / counts[bin] : Number.NaN));
  return { allocation, firstRejection: firstRejection ?? 130 };
}
