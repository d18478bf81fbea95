import type { ReplayJob, ReplayNode } from '../replay/work';
import { Faults, linesOf } from './lines';
import { inOrder, TRACE_JOBS_MAX } from './tables';

/** What a journal of the partition tells: the work that came, and the nodes that were there. */
export interface Journal {
  readonly jobs: readonly ReplayJob[];
  readonly nodes: readonly ReplayNode[];
  readonly events: number;
  /** Jobs that never ran in the journal: their time is taken to be their limit, or an hour. */
  readonly assumed: number;
}

const HOUR_SECONDS = 3_600;

interface Known {
  readonly job: Omit<ReplayJob, 'seconds'>;
  readonly limit: number;
  ran: number;
  since: number | undefined;
}

type Fields = Readonly<Record<string, unknown>>;
const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const countOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;

/** What a request says besides, with what it means where it says nothing. */
function askedFor(
  request: Fields,
  resources: Fields,
  gpus: number,
): Omit<ReplayJob, 'jobId' | 'arrivedAt' | 'seconds' | 'gpus' | 'cpuMilli' | 'memoryMiB'> {
  const priority = countOf(request.priority) ?? 50;
  const model = textOf(resources.gpuModel);
  return {
    queue: textOf(request.queue) ?? textOf(request.organizationId) ?? 'default',
    kind: `priority ${priority}`,
    priority,
    nodes: Math.max(1, countOf(request.nodes) ?? 1),
    gpuMilli: gpus === 0 ? 0 : Math.min(1_000, countOf(resources.gpuMilli) ?? 1_000),
    models: model === undefined ? undefined : [model],
  };
}

/** Reads events one after another and keeps of them what a replay needs. */
class Reader {
  readonly known = new Map<string, Known>();
  readonly nodes = new Map<string, ReplayNode>();
  events = 0;
  last = 0;

  /** Returns what is wrong, if anything is. */
  add(event: Fields): string | undefined {
    const type = textOf(event.type);
    if (type === undefined) return 'it has no type';
    this.events += 1;
    const data = fieldsOf(event.data);
    switch (type) {
      case 'drm.partition.workload-queued':
        return this.queued(data);
      case 'drm.partition.allocation-granted':
        return this.begun(textOf(fieldsOf(data.allocation).workloadId), data.at);
      case 'drm.partition.allocation-released':
      case 'drm.partition.workload-ended':
        return this.ended(textOf(data.workloadId), data.at);
      case 'drm.partition.node-joined':
        return this.joined(data);
      default:
        return undefined;
    }
  }

  private at(value: unknown): number | undefined {
    const millis = Date.parse(textOf(value) ?? '');
    if (!Number.isFinite(millis)) return undefined;
    const seconds = Math.floor(millis / 1_000);
    this.last = Math.max(this.last, seconds);
    return seconds;
  }

  private queued({ request: asked, at }: Fields): string | undefined {
    const request = fieldsOf(asked);
    const resources = fieldsOf(request.resources);
    const jobId = textOf(request.workloadId);
    const arrivedAt = this.at(request.queuedAt) ?? this.at(at);
    if (jobId === undefined || arrivedAt === undefined) return 'the request has no workloadId, or no time';
    if (this.known.has(jobId)) return undefined;
    if (this.known.size >= TRACE_JOBS_MAX) return `it is beyond the ${TRACE_JOBS_MAX} jobs that are read`;
    const gpus = countOf(resources.gpus);
    const cpuMilli = countOf(resources.cpuMilli);
    const memoryMiB = countOf(resources.memoryMiB);
    if (gpus === undefined || cpuMilli === undefined || memoryMiB === undefined) {
      return 'resources.gpus, cpuMilli and memoryMiB must be whole numbers';
    }
    const job = { jobId, arrivedAt, gpus, cpuMilli, memoryMiB, ...askedFor(request, resources, gpus) };
    const limit = countOf(fieldsOf(request.limits).maxRuntimeSeconds) ?? HOUR_SECONDS;
    this.known.set(jobId, { job, limit, ran: 0, since: undefined });
    return undefined;
  }

  private begun(jobId: string | undefined, value: unknown): string | undefined {
    const at = this.at(value);
    if (jobId === undefined || at === undefined) return 'the allocation has no workloadId, or no time';
    const known = this.known.get(jobId);
    if (known) known.since = at;
    return undefined;
  }

  private ended(jobId: string | undefined, value: unknown): string | undefined {
    const at = this.at(value);
    if (jobId === undefined || at === undefined) return 'it has no workloadId, or no time';
    const known = this.known.get(jobId);
    if (known?.since === undefined) return undefined;
    known.ran += Math.max(0, at - known.since);
    known.since = undefined;
    return undefined;
  }

  private joined(data: Fields): string | undefined {
    const [terms, facts] = [fieldsOf(data.terms), fieldsOf(data.facts)];
    const name = textOf(terms.nodeId);
    const [cpuMilli, memoryMiB] = [countOf(facts.cpuMilli), countOf(facts.memoryMiB)];
    const gpus = Array.isArray(facts.gpus) ? (facts.gpus as readonly unknown[]) : undefined;
    if (name === undefined || cpuMilli === undefined || memoryMiB === undefined || !gpus || gpus.length > 16) {
      return 'the node has no nodeId, cpuMilli, memoryMiB, or not up to 16 GPUs';
    }
    const cost = Number(textOf(terms.costMicroUsdPerHour) ?? '0');
    const each = Number.isSafeInteger(cost) && gpus.length > 0 ? Math.round(cost / gpus.length) : 0;
    const model = textOf(fieldsOf(gpus[0]).model) ?? '';
    this.nodes.set(name, { name, cpuMilli, memoryMiB, gpus: gpus.length, model, gpuHourMicroUsd: each });
    return undefined;
  }

  done(): Journal {
    let assumed = 0;
    const jobs = [...this.known.values()].map(({ job, limit, ran, since }) => {
      const all = ran + (since === undefined ? 0 : Math.max(0, this.last - since));
      if (all === 0 && since === undefined) assumed += 1;
      return { ...job, seconds: Math.max(1, all > 0 ? all : limit) };
    });
    const nodes = [...this.nodes.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return { jobs: inOrder(jobs), nodes, events: this.events, assumed };
  }
}

/**
 * Reads an exported journal: a JSON object per line with `type` and `data`, as `export` writes them. Runs are as long as
 * they were; the nodes are all that ever joined. Memory: what a replay needs of each job, whatever the events hold.
 */
export async function readJournal(file: string): Promise<Journal> {
  const faults = new Faults(file);
  const reader = new Reader();
  for await (const [number, line] of linesOf(file, faults)) {
    let event: unknown;
    try {
      event = JSON.parse(line);
    } catch {
      faults.add(number, 'it is no JSON');
      continue;
    }
    const wrong = reader.add(fieldsOf(event));
    if (wrong !== undefined) faults.add(number, wrong);
  }
  faults.check();
  return reader.done();
}
