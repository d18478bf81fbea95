/**
 * Reads the openb traces (Alibaba, 2023; the FGD paper's cluster, pod lists, arrival orders and node ranks) from the
 * folder named by SOLYX_TRACES, else `../shared/data` beside the repository. Solyx ships none of it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

/** The folder of the traces, or undefined where there is none. */
export function openbFolder() {
  const folder = path.join(process.env.SOLYX_TRACES ?? path.join(ROOT, '../shared/data'), 'openb');
  return existsSync(path.join(folder, 'openb_node_list_gpu_node.csv.gz')) ? folder : undefined;
}

const rowsOf = (file) => {
  const [head, ...rows] = gunzipSync(readFileSync(file)).toString('utf8').trim().split(/\r?\n/);
  return { head: head.split(','), rows: rows.map((row) => row.split(',')) };
};

/** Names of the traces that lie there. */
export const traceNames = (folder = openbFolder()) =>
  readdirSync(folder)
    .map((file) => /^openb_pod_list_(.+)\.csv\.gz$/.exec(file)?.[1])
    .filter((name) => name !== undefined)
    .sort();

/** The 1,213 GPU nodes in the order of their names: { name, cpuMilli, memoryMiB, gpus, model }. */
export function loadNodes(folder = openbFolder()) {
  const { rows } = rowsOf(path.join(folder, 'openb_node_list_gpu_node.csv.gz'));
  return rows
    .map(([name, cpu, memory, gpus, model]) => ({
      name,
      cpuMilli: Number(cpu),
      memoryMiB: Number(memory),
      gpus: Number(gpus),
      model,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** One pod list: { name, cpuMilli, memoryMiB, gpus, gpuMilli (per GPU), models (undefined: any), createdAt, endedAt (s) }. */
export function loadJobs(trace, folder = openbFolder()) {
  const { head, rows } = rowsOf(path.join(folder, `openb_pod_list_${trace}.csv.gz`));
  const at = Object.fromEntries(head.map((name, column) => [name, column]));
  return rows.map((row) => {
    const spec = at.gpu_spec === undefined ? '' : (row[at.gpu_spec] ?? '');
    const gpus = Number(row[at.num_gpu]);
    return {
      name: row[at.name],
      cpuMilli: Number(row[at.cpu_milli]),
      memoryMiB: Number(row[at.memory_mib]),
      gpus,
      gpuMilli: gpus === 0 ? 0 : gpus > 1 ? 1000 : Number(row[at.gpu_milli]),
      models: gpus === 0 || spec === '' ? undefined : spec.split('|').sort(),
      createdAt: Number(row[at.creation_time] ?? 0),
      endedAt: Number(row[at.deletion_time] ?? 0),
    };
  });
}

/** A line per seed: `seed,numbers with blanks between`. */
function linesBySeed(file) {
  if (!existsSync(file)) return new Map();
  const { rows } = rowsOf(file);
  return new Map(rows.map(([seed, numbers]) => [Number(seed), Int32Array.from(numbers.trim().split(' '), Number)]));
}

/** mulberry32: a small generator with a good spread, the same on every machine. */
export function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function shuffled(length, random) {
  const order = Int32Array.from({ length }, (_, place) => place);
  for (let place = length - 1; place > 0; place -= 1) {
    const other = Math.floor(random() * (place + 1));
    [order[place], order[other]] = [order[other], order[place]];
  }
  return order;
}

const milliOf = ({ gpus, gpuMilli }) => gpus * gpuMilli;

/** The published inflation with a generator of our own: shuffled, then clones drawn (or the end cut) at 130 % of the GPUs. */
export function inflated(jobs, capacityMilli, seed, load = 1.3) {
  const random = generator(seed);
  const limit = capacityMilli * load;
  const order = [...shuffled(jobs.length, random)];
  let total = order.reduce((sum, place) => sum + milliOf(jobs[place]), 0);
  while (total > limit) total -= milliOf(jobs[order.pop()]);
  for (;;) {
    const place = Math.floor(random() * jobs.length);
    if (total + milliOf(jobs[place]) > limit) return Int32Array.from(order);
    order.push(place);
    total += milliOf(jobs[place]);
  }
}

/**
 * A trace: nodes, jobs, and per seed the arrivals (places in `jobs`) and the rank of each node among equal scores.
 * Seeds 42-51 are the published ones; any other seed is made here.
 */
export function loadTrace(trace, folder = openbFolder()) {
  const nodes = loadNodes(folder);
  const jobs = loadJobs(trace, folder);
  const capacityMilli = nodes.reduce((sum, { gpus }) => sum + gpus * 1000, 0);
  const arrivals = linesBySeed(path.join(folder, 'arrivals', `${trace}.arrivals.csv.gz`));
  const ranks = linesBySeed(path.join(folder, 'arrivals', `${trace}.noderank.csv.gz`));
  return {
    trace,
    nodes,
    jobs,
    capacityMilli,
    arrivalsOf: (seed) => arrivals.get(seed) ?? inflated(jobs, capacityMilli, seed),
    ranksOf: (seed) => ranks.get(seed) ?? shuffled(nodes.length, generator(seed ^ 0x5bd1e995)),
  };
}

/** Published results: Map of `policy` to an array (0..130) of mean values over the seeds 42-51, for one trace. */
export function published(trace, what = 'allo', folder = openbFolder()) {
  const { head, rows } = rowsOf(path.join(folder, 'published', `fgd_${what}_discrete.csv.gz`));
  const first = head.indexOf('0');
  const sums = new Map();
  for (const row of rows) {
    if (row[0] !== `openb_pod_list_${trace}`) continue;
    const of = sums.get(row[1]) ?? { count: 0, values: new Array(131).fill(0) };
    for (let bin = 0; bin <= 130; bin += 1) of.values[bin] += Number(row[first + bin]);
    of.count += 1;
    sums.set(row[1], of);
  }
  return new Map([...sums].map(([policy, { count, values }]) => [policy, values.map((value) => value / count)]));
}
