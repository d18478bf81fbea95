/**
 * The openb trace over time. Of its jobs nearly all come in the last fifth of the 149 days, so that part is taken, and
 * its creation times are drawn together until what comes asks for the given load of the GPUs; how long a job runs stays
 * as it was, except that nothing runs longer than the cap: what serves for months cannot be played in hours. The trace
 * is played in laps, the first five of which only fill the cluster.
 */
import { csvRows, traceFile, unzipped } from './traces.mjs';

const CAP_SECONDS = 7_200;
const BUSY_FROM = 9_900_000;
const PRIORITY = { LS: 100, Guaranteed: 100, Burstable: 50, BE: 10 };
/** Four tenants; their quotas differ, what they ask for does not. */
export const QUEUES = [
  { name: 'tenant-a', nominalPerMille: 400 },
  { name: 'tenant-b', nominalPerMille: 300 },
  { name: 'tenant-c', nominalPerMille: 200 },
  { name: 'tenant-d', nominalPerMille: 100 },
];

/** FNV-1a: the same name always belongs to the same tenant. */
const hashOf = (text) =>
  [...text].reduce((hash, char) => Math.imul(hash ^ char.charCodeAt(0), 16_777_619) >>> 0, 2_166_136_261);

export function openbNodes() {
  return csvRows(unzipped(traceFile('openb', 'openb_node_list_gpu_node.csv.gz')))
    .map(({ sn, cpu_milli, memory_mib, gpu, model }) => ({
      name: sn,
      cpuMilli: Number(cpu_milli),
      memoryMiB: Number(memory_mib),
      gpus: Number(gpu),
      model,
      gpuHourMicroUsd: 0,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function churn(trace, { laps = 9, warm = 5, load = 1, nodes }) {
  const rows = csvRows(unzipped(traceFile('openb', `openb_pod_list_${trace}.csv.gz`)));
  const capacity = nodes.reduce((sum, { gpus }) => sum + gpus * 1000, 0);
  const jobs = rows.map((row) => {
    const gpus = Number(row.num_gpu);
    return {
      name: row.name,
      gpus,
      gpuMilli: gpus === 0 ? 0 : gpus > 1 ? 1000 : Number(row.gpu_milli),
      cpuMilli: Number(row.cpu_milli),
      memoryMiB: Number(row.memory_mib),
      models: row.gpu_spec ? row.gpu_spec.split('|').sort() : undefined,
      kind: row.qos === 'Guaranteed' ? 'LS' : row.qos,
      priority: PRIORITY[row.qos] ?? 10,
      created: Number(row.creation_time),
      seconds: Math.max(1, Math.min(CAP_SECONDS, Number(row.deletion_time) - Number(row.creation_time))),
    };
  });
  const end = Math.max(...jobs.map(({ created }) => created));
  const asked = jobs.reduce((sum, { gpus, gpuMilli, seconds }) => sum + gpus * gpuMilli * seconds, 0);
  const lap = asked / capacity / load;
  const within = ({ created }) => (Math.max(0, created - BUSY_FROM) / (end - BUSY_FROM)) * lap;
  const all = Array.from({ length: laps }, (_, turn) =>
    jobs.map(({ name, created, ...job }) => ({
      ...job,
      jobId: `${name}-${turn}`,
      queue: QUEUES[hashOf(name) % QUEUES.length].name,
      nodes: 1,
      arrivedAt: Math.round(turn * lap + within({ created })),
    })),
  ).flat();
  all.sort((a, b) => a.arrivedAt - b.arrivedAt || (a.jobId < b.jobId ? -1 : 1));
  return { jobs: all, from: Math.round(warm * lap), until: Math.round(laps * lap), lap };
}
