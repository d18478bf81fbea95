/**
 * The openb inflation protocol: jobs come one at a time and stay; one that does not fit is dropped and never asked again.
 *
 * A policy is `{ place(job): { node, gpus: number[] } | undefined }`: `node` is a place in the trace's nodes, `gpus` are
 * places on that node, one for a share, `job.gpus` of them for whole ones. The harness keeps its own books and refuses a
 * placement that does not fit, so no policy can cheat.
 */
export const SIZES = ['cpu', 'share', 'one', 'few', 'eight'];

/** Which size class: CPU only, a share of a GPU, one, two to seven, eight. */
export const sizeOf = ({ gpus, gpuMilli }) =>
  gpus === 0 ? 0 : gpus === 1 ? (gpuMilli < 1000 ? 1 : 2) : gpus < 8 ? 3 : 4;

class Books {
  constructor(nodes) {
    this.nodes = nodes.map(({ cpuMilli, memoryMiB, gpus, model }) => ({
      cpu: cpuMilli,
      memory: memoryMiB,
      gpus: new Array(gpus).fill(1000),
      model,
    }));
  }

  take(job, { node: place, gpus }) {
    const node = this.nodes[place];
    const count = job.gpus === 0 ? 0 : job.gpus;
    if (gpus.length !== count || new Set(gpus).size !== count) throw new Error(`wrong GPUs for ${job.name}`);
    node.cpu -= job.cpuMilli;
    node.memory -= job.memoryMiB;
    for (const gpu of gpus) node.gpus[gpu] -= job.gpuMilli;
    const over = node.cpu < 0 || node.memory < 0 || gpus.some((gpu) => !(node.gpus[gpu] >= 0));
    if (over || (job.models && !job.models.includes(node.model))) throw new Error(`${job.name} does not fit`);
  }
}

/** Power of the fleet in watts by the published model: a GPU with any work draws its maximum, 32 vCPU are a socket. */
const WATTS = {
  T4: [10, 70],
  A10: [30, 150],
  P100: [25, 250],
  V100M16: [30, 300],
  V100M32: [30, 300],
  G2: [30, 150],
  G3: [50, 400],
};
export function wattsOf(books, nodes) {
  let watts = 0;
  books.nodes.forEach((node, place) => {
    const [idle, max] = WATTS[node.model] ?? [30, 250];
    for (const free of node.gpus) watts += free < 1000 ? max : idle;
    const sockets = Math.ceil(nodes[place].cpuMilli / 32000);
    const busy = Math.ceil((nodes[place].cpuMilli - node.cpu) / 32000);
    watts += 120 * busy + 15 * (sockets - busy);
  });
  return watts;
}

/**
 * @param trace from loadTrace
 * @param arrivals places in trace.jobs
 * @param policy see above
 * @param options { power: true to sample watts at each percent, check: false to skip the books }
 * @returns allocation (%) per percent of offered load, and who was admitted
 */
export function inflate(trace, arrivals, policy, { power = false, timed = false } = {}) {
  const { nodes, jobs, capacityMilli } = trace;
  const books = new Books(nodes);
  const sums = new Float64Array(132);
  const counts = new Float64Array(132);
  const watts = new Float64Array(132);
  const asked = new Float64Array(SIZES.length);
  const admitted = new Float64Array(SIZES.length);
  const nanos = timed ? new Float64Array(arrivals.length) : undefined;
  let offered = 0;
  let held = 0;
  let firstRejection;
  const firstRejectionBySize = new Array(SIZES.length).fill(undefined);
  let decidingMs = 0;
  for (let step = 0; step < arrivals.length; step += 1) {
    const job = jobs[arrivals[step]];
    const milli = job.gpus * job.gpuMilli;
    offered += milli;
    const begun = timed ? performance.now() : 0;
    const placed = policy.place(job);
    if (nanos) {
      const took = performance.now() - begun;
      decidingMs += took;
      nanos[step] = took * 1e6;
    }
    const load = (offered * 100) / capacityMilli;
    const size = sizeOf(job);
    asked[size] += 1;
    if (placed) {
      books.take(job, placed);
      held += milli;
      admitted[size] += 1;
    } else {
      firstRejection ??= load;
      firstRejectionBySize[size] ??= load;
    }
    const bin = Math.min(131, Math.round(load));
    sums[bin] += (held * 100) / capacityMilli;
    counts[bin] += 1;
    if (power) watts[bin] = wattsOf(books, nodes);
  }
  const allocation = [...sums].map((sum, bin) => (counts[bin] > 0 ? sum / counts[bin] : Number.NaN));
  return {
    allocation,
    watts: power ? [...watts] : undefined,
    asked: [...asked],
    admitted: [...admitted],
    firstRejection: firstRejection ?? 130,
    firstRejectionBySize,
    decisions: arrivals.length,
    decidingMs,
    nanos,
    books,
  };
}
