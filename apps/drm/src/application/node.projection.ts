import type { AllocationShare, Source } from '@solyx/contracts';
import type { AllocationGranted, AllocationReleased } from '@solyx/contracts/drm';
import { defineProjection } from '@solyx/eventing';
import { applyRate, PLATFORM_ORGANIZATION } from '@solyx/kernel';
import { gpuMilliOf, WHOLE_GPU } from '../domain/capacity';
import { lifePrice } from '../domain/currency';
import type { NodeEvent } from '../domain/node';

export interface NodeRow {
  readonly nodeId: string;
  readonly phase: 'Ready' | 'Cordoned' | 'Lost' | 'Left';
  readonly source: Source;
  readonly provider: string;
  /** True: no hardware behind it. */
  readonly simulated: boolean;
  readonly executor: string;
  readonly site: string;
  readonly region: string;
  /** Empty where there is no GPU. */
  readonly gpuModel: string;
  /** Empty where it is not leased. */
  readonly leaseId: string;
  readonly gpuMilliTotal: number;
  readonly cpuMilliTotal: number;
  readonly memoryMiBTotal: number;
  /** What one of its GPUs costs us per hour of full work while it lives; empty where no purchase is known. */
  readonly ownedMicroUsdPerGpuHour: string;
  readonly joinedAt: string;
  /** What is held on it. */
  readonly shares: readonly (Pick<AllocationShare, 'gpuIndexes' | 'gpuMilli' | 'cpuMilli' | 'memoryMiB'> & {
    readonly workloadId: string;
    readonly allocationId: string;
  })[];
}

type NodeFact = NodeEvent | AllocationGranted | AllocationReleased;

/** What has each node, and what is held on it? */
export const nodeView = defineProjection<NodeFact, NodeRow>({
  name: 'drm_node',
  version: 2,
  key: ({ data }) => {
    if ('terms' in data) return data.terms.nodeId;
    if ('allocation' in data) return [...new Set(data.allocation.shares.map(({ nodeId }) => nodeId))];
    return 'allocationId' in data ? (data.nodeIds ?? []) : data.nodeId;
  },
  organization: () => PLATFORM_ORGANIZATION,
  indexes: ['phase', 'source', 'site'],
  initial: {
    ...{ nodeId: '', phase: 'Left', source: 'owned', provider: '', simulated: false, executor: '', site: '' },
    ...{ region: '', gpuModel: '', leaseId: '', gpuMilliTotal: 0, cpuMilliTotal: 0, memoryMiBTotal: 0 },
    ...{ ownedMicroUsdPerGpuHour: '', joinedAt: '', shares: [] },
  },
  on: {
    'drm.node.registered': (row, { terms, facts, at }) => ({
      ...{ nodeId: terms.nodeId, phase: 'Ready', source: terms.source, provider: terms.provider },
      ...{ simulated: terms.simulated, executor: terms.executor, site: terms.site, region: terms.region },
      gpuModel: facts.gpus[0]?.model ?? '',
      leaseId: terms.leaseId ?? '',
      gpuMilliTotal: gpuMilliOf(facts),
      cpuMilliTotal: facts.cpuMilli,
      memoryMiBTotal: facts.memoryMiB,
      ownedMicroUsdPerGpuHour: row.nodeId === terms.nodeId ? row.ownedMicroUsdPerGpuHour : '',
      joinedAt: at,
      shares: [],
    }),
    'drm.node.procured': (row, { procurement }) => ({
      ...row,
      ownedMicroUsdPerGpuHour: String(applyRate(1n, lifePrice(procurement, row.gpuMilliTotal / WHOLE_GPU))),
    }),
    'drm.node.cordoned': (row) => ({ ...row, phase: row.phase === 'Lost' ? 'Lost' : 'Cordoned' }),
    'drm.node.uncordoned': (row) => ({ ...row, phase: row.phase === 'Cordoned' ? 'Ready' : row.phase }),
    'drm.node.lost': (row) => ({ ...row, phase: 'Lost', shares: [] }),
    'drm.node.recovered': (row) => ({ ...row, phase: 'Ready', shares: [] }),
    'drm.node.left': (row) => ({ ...row, phase: 'Left', shares: [] }),
    'drm.partition.allocation-granted': (row, { allocation }, _event, key) => {
      const { allocationId, workloadId, shares } = allocation;
      const here = shares
        .filter(({ nodeId }) => nodeId === key)
        .map(({ gpuIndexes, gpuMilli, cpuMilli, memoryMiB }) => ({
          ...{ allocationId, workloadId, gpuIndexes, gpuMilli, cpuMilli, memoryMiB },
        }));
      return { ...row, shares: [...row.shares, ...here] };
    },
    'drm.partition.allocation-released': (row, { allocationId }) => ({
      ...row,
      shares: row.shares.filter((share) => share.allocationId !== allocationId),
    }),
  },
});
