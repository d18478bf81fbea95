import type { Allocation, JobSpec, NodeTerms, WorkloadRequest } from '@solyx/contracts';

export const jobId = 'job_1';
export const T0 = '2026-01-01T00:00:00.000Z';
export const at = (seconds: number): string => new Date(Date.parse(T0) + seconds * 1000).toISOString();

export const retryOnLoss: JobSpec['retry'] = {
  max: 3,
  on: ['node-lost', 'preempted'],
  backoffSecondsMin: 1,
  backoffSecondsMax: 60,
};

export const spec = (change: Partial<JobSpec> = {}): JobSpec => ({
  name: 'train',
  kind: 'task',
  project: 'default',
  command: ['true'],
  env: {},
  resources: { gpus: 1, gpuMilli: 1000, cpuMilli: 1000, memoryMiB: 512 },
  nodes: 1,
  placement: { sources: ['owned', 'leased'], regions: [], simulated: false },
  limits: { maxRuntimeSeconds: 3600 },
  priority: 50,
  retry: retryOnLoss,
  data: [],
  ...change,
});

export const request = (attempt = 1, of: JobSpec = spec(), notBefore?: string): WorkloadRequest => ({
  workloadId: jobId,
  attempt,
  organizationId: 'acme',
  project: of.project,
  name: of.name,
  resources: of.resources,
  nodes: of.nodes,
  placement: of.placement,
  limits: of.limits,
  priority: of.priority,
  data: of.data,
  queuedAt: T0,
  ...(notBefore === undefined ? {} : { notBefore }),
});

export const allocation = (attempt = 1, nodes = 1, change: Partial<Allocation> = {}): Allocation => ({
  allocationId: `alloc_${attempt}`,
  workloadId: jobId,
  attempt,
  organizationId: 'acme',
  project: 'default',
  shares: Array.from({ length: nodes }, (_, rank) => ({
    nodeId: `node_${rank}`,
    rank,
    site: 'home',
    source: 'owned' as const,
    provider: 'owned',
    simulated: false,
    executor: 'agent' as const,
    gpuModel: 'L4',
    gpuIndexes: [0],
    gpuMilli: 1000,
    cpuMilli: 1000,
    memoryMiB: 512,
    priceMicroUsdPerHour: '1000000',
  })),
  transfers: [],
  priceMicroUsdPerHour: String(1_000_000 * nodes),
  grantedAt: at(2),
  ...change,
});

export const terms = (nodeId: string, executor: NodeTerms['executor']): NodeTerms => ({
  nodeId,
  source: 'owned',
  provider: 'owned',
  simulated: executor === 'simulated',
  executor,
  site: 'home',
  region: 'eu-central',
  costMicroUsdPerHour: '0',
});
