import type { ReplayJob, ReplayNode } from '../replay/work';
import { Faults, rowsOf, wholeOf } from './lines';

/** Jobs of a trace at most: about 300 bytes of memory each. */
export const TRACE_JOBS_MAX = 2_000_000;

const COLUMNS = ['name', 'cpu_milli', 'memory_mib', 'num_gpu', 'gpu_milli', 'creation_time', 'deletion_time'];
const PRIORITIES: Readonly<Record<string, number>> = { LS: 100, Guaranteed: 100, Burstable: 50, BE: 10 };

/** Jobs in order of arrival; the first comes at second 0. */
export function inOrder(jobs: ReplayJob[]): readonly ReplayJob[] {
  jobs.sort((a, b) => a.arrivedAt - b.arrivedAt || (a.jobId < b.jobId ? -1 : 1));
  const first = jobs[0]?.arrivedAt ?? 0;
  return first === 0 ? jobs : jobs.map((job) => ({ ...job, arrivedAt: job.arrivedAt - first }));
}

/** A public trace in the columns of Alibaba's openb (2023): one row per job. Times in seconds. */
export async function readTrace(file: string): Promise<readonly ReplayJob[]> {
  const faults = new Faults(file);
  const jobs: ReplayJob[] = [];
  for await (const [line, row] of rowsOf(file, COLUMNS, faults)) {
    const number = (name: string, least = 0): number => {
      const value = wholeOf(row.get(name), least);
      if (value === undefined)
        faults.add(line, `${name} is no whole number of at least ${least}: ${row.get(name) ?? ''}`);
      return value ?? 0;
    };
    const gpus = number('num_gpu');
    const [arrivedAt, endedAt] = [number('creation_time'), number('deletion_time')];
    const gpuMilli = number('gpu_milli');
    if (endedAt < arrivedAt) faults.add(line, 'deletion_time is before creation_time');
    if (gpuMilli > 1_000) faults.add(line, 'gpu_milli is above 1000');
    if (jobs.length >= TRACE_JOBS_MAX) faults.add(line, `it is beyond the ${TRACE_JOBS_MAX} jobs that are read`);
    const spec = row.get('gpu_spec') ?? '';
    const kind = row.get('qos') || 'job';
    jobs.push({
      jobId: row.get('name') ?? '',
      queue: row.get('queue') || 'default',
      kind,
      priority: PRIORITIES[kind] ?? 50,
      arrivedAt,
      seconds: Math.max(1, endedAt - arrivedAt),
      nodes: 1,
      gpus,
      gpuMilli: gpus === 0 ? 0 : gpus > 1 ? 1_000 : gpuMilli,
      cpuMilli: number('cpu_milli'),
      memoryMiB: number('memory_mib'),
      models: gpus === 0 || spec === '' ? undefined : spec.split('|').sort(),
    });
  }
  faults.check();
  return inOrder(jobs);
}

/** A fleet in the columns of openb's node list; `usd_per_gpu_hour` may be added. */
export async function readFleet(file: string): Promise<readonly ReplayNode[]> {
  const faults = new Faults(file);
  const nodes: ReplayNode[] = [];
  const names = new Set<string>();
  for await (const [line, row] of rowsOf(file, ['sn', 'cpu_milli', 'memory_mib', 'gpu', 'model'], faults)) {
    const number = (name: string): number => {
      const value = wholeOf(row.get(name));
      if (value === undefined) faults.add(line, `${name} is no whole number: ${row.get(name) ?? ''}`);
      return value ?? 0;
    };
    const name = row.get('sn') ?? '';
    if (name === '' || names.has(name)) faults.add(line, name === '' ? 'it has no name' : `the name ${name} is taken`);
    const gpus = number('gpu');
    if (gpus > 16) faults.add(line, 'a node has 16 GPUs at most');
    names.add(name);
    const price = microUsdOf(row.get('usd_per_gpu_hour') || '0');
    if (price === undefined) faults.add(line, 'usd_per_gpu_hour is no amount');
    const [cpuMilli, memoryMiB] = [number('cpu_milli'), number('memory_mib')];
    nodes.push({ name, cpuMilli, memoryMiB, gpus, model: row.get('model') ?? '', gpuHourMicroUsd: price ?? 0 });
  }
  faults.check();
  return nodes.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `1.87` as micro-USD; undefined where it is no amount. */
function microUsdOf(text: string): number | undefined {
  const parts = /^(\d{1,6})(?:\.(\d{1,6})\d*)?$/.exec(text);
  return parts ? Number(parts[1]) * 1_000_000 + Number((parts[2] ?? '').padEnd(6, '0')) : undefined;
}

/** Cheapest price of a GPU-hour by GPU name: columns `gpu` (or `model`) and `usd_per_gpu_hour`. */
export async function readPrices(file: string): Promise<ReadonlyMap<string, number>> {
  const faults = new Faults(file);
  const prices = new Map<string, number>();
  for await (const [line, row] of rowsOf(file, ['usd_per_gpu_hour'], faults)) {
    const model = row.get('gpu') || row.get('model') || '';
    const price = microUsdOf(row.get('usd_per_gpu_hour') ?? '');
    if (model === '') faults.add(line, 'it names no GPU in the column gpu or model');
    else if (price === undefined) faults.add(line, 'usd_per_gpu_hour is no amount');
    else prices.set(model, Math.min(price, prices.get(model) ?? Number.POSITIVE_INFINITY));
  }
  faults.check();
  return prices;
}

/** The nodes at these prices: that of their model, else the cheapest of a GPU whose name goes on from it with a dash. */
export function priced(nodes: readonly ReplayNode[], prices: ReadonlyMap<string, number>): readonly ReplayNode[] {
  const names = [...prices.keys()].sort();
  return nodes.map((node) => {
    const exact = prices.get(node.model);
    const like = names.filter((name) => name.startsWith(`${node.model}-`)).map((name) => prices.get(name) ?? 0);
    const price = exact ?? (like.length > 0 ? Math.min(...like) : node.gpuHourMicroUsd);
    return { ...node, gpuHourMicroUsd: price };
  });
}
