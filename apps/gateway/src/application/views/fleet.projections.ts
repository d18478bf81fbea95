import { PLATFORM_ORGANIZATION } from '@solyx/kernel';
import type {
  AllocationGranted,
  AllocationReleased,
  LeaseActivated,
  LeaseDraining,
  LeaseFailed,
  LeaseOrphaned,
  LeaseReleased,
  LeaseRequested,
  NodeCordoned,
  NodeLeft,
  NodeLost,
  NodeRecovered,
  NodeProcured,
  NodeRegistered,
  NodeUncordoned,
  OfferObserved,
} from '@solyx/contracts/drm';
import type { JobAdmitted, JobCancelled, JobFailed, JobQueued, JobRequeued } from '@solyx/contracts/cmo';
import type { Procurement, Source } from '@solyx/contracts';
import { defineProjection } from '@solyx/eventing';

const shared = (): string => PLATFORM_ORGANIZATION;

export interface NodeRow {
  readonly id: string;
  readonly phase: 'Ready' | 'Cordoned' | 'Lost';
  readonly source: Source;
  readonly provider: string;
  readonly simulated: boolean;
  readonly site: string;
  readonly region: string;
  readonly gpuModel: string;
  readonly gpus: readonly { readonly index: number; readonly model: string; readonly memoryMiB: number }[];
  readonly cpuMilliTotal: number;
  readonly memoryMiBTotal: number;
  readonly rack: string | null;
  readonly fabric: string | null;
  readonly leaseId: string | null;
  /** Why it takes no new work; null where it does. */
  readonly cordonReason: string | null;
  readonly procurement: Procurement | null;
  readonly joinedAt: string;
  readonly position: string;
}

type NodeEvent = NodeRegistered | NodeCordoned | NodeUncordoned | NodeLost | NodeRecovered | NodeProcured | NodeLeft;

/** Nodes of the fleet; who left has no row. */
export const gatewayNode = defineProjection<NodeEvent, NodeRow>({
  name: 'gateway_node',
  version: 2,
  key: ({ data }) => ('terms' in data ? data.terms.nodeId : data.nodeId),
  organization: shared,
  initial: {
    id: '',
    phase: 'Ready',
    source: 'owned',
    provider: '',
    simulated: false,
    site: '',
    region: '',
    gpuModel: '',
    gpus: [],
    cpuMilliTotal: 0,
    memoryMiBTotal: 0,
    rack: null,
    fabric: null,
    leaseId: null,
    cordonReason: null,
    procurement: null,
    joinedAt: '',
    position: '0',
  },
  on: {
    'drm.node.registered': (row, { terms, facts, at }, { position }) => ({
      id: terms.nodeId,
      phase: 'Ready',
      source: terms.source,
      provider: terms.provider,
      simulated: terms.simulated,
      site: terms.site,
      region: terms.region,
      gpuModel: [...new Set(facts.gpus.map(({ model }) => model))].join(', '),
      gpus: facts.gpus.map(({ index, model, memoryMiB }) => ({ index, model, memoryMiB })),
      cpuMilliTotal: facts.cpuMilli,
      memoryMiBTotal: facts.memoryMiB,
      rack: terms.rack ?? null,
      fabric: terms.fabric ?? null,
      leaseId: terms.leaseId ?? null,
      cordonReason: null,
      procurement: row.procurement,
      joinedAt: at,
      position: String(position),
    }),
    'drm.node.cordoned': (row, { reason }, { position }) =>
      moved({ ...row, cordonReason: reason }, 'Cordoned', position),
    'drm.node.uncordoned': (row, _data, { position }) => moved({ ...row, cordonReason: null }, 'Ready', position),
    'drm.node.procured': (row, { procurement }, { position }) =>
      row.id === '' ? undefined : { ...row, procurement, position: String(position) },
    'drm.node.lost': (row, _data, { position }) => moved(row, 'Lost', position),
    'drm.node.recovered': (row, _data, { position }) =>
      moved(row, row.cordonReason === null ? 'Ready' : 'Cordoned', position),
    'drm.node.left': () => undefined,
  },
});

const moved = (row: NodeRow, phase: NodeRow['phase'], position: bigint): NodeRow | undefined =>
  row.id === '' ? undefined : { ...row, phase, position: String(position) };

export interface OfferRow {
  readonly id: string;
  readonly provider: string;
  readonly simulated: boolean;
  readonly site: string;
  readonly region: string;
  readonly gpuModel: string;
  readonly gpusPerNode: number;
  readonly gpuMemoryMiB: number;
  readonly available: number;
  readonly priceMicroUsdPerHour: string;
  readonly minimumSeconds: number;
  readonly bootSeconds: number;
  readonly freshUntil: string;
}

const noOffer: OfferRow = {
  id: '',
  provider: '',
  simulated: false,
  site: '',
  region: '',
  gpuModel: '',
  gpusPerNode: 0,
  gpuMemoryMiB: 0,
  available: 0,
  priceMicroUsdPerHour: '0',
  minimumSeconds: 0,
  bootSeconds: 0,
  freshUntil: '',
};

/** What lessors offer, as last seen. */
export const gatewayOffer = defineProjection<OfferObserved, OfferRow>({
  name: 'gateway_offer',
  version: 1,
  key: ({ data }) => data.offer.offerId,
  organization: shared,
  initial: noOffer,
  on: { 'drm.offer.observed': (_row, { offer }) => toOffer(offer) },
});

export const toOffer = (offer: OfferObserved['data']['offer']): OfferRow => ({
  id: offer.offerId,
  provider: offer.provider,
  simulated: offer.simulated,
  site: offer.site,
  region: offer.region,
  gpuModel: offer.gpuModel,
  gpusPerNode: offer.gpusPerNode,
  gpuMemoryMiB: offer.gpuMemoryMiB,
  available: offer.available,
  priceMicroUsdPerHour: offer.priceMicroUsdPerHour,
  minimumSeconds: offer.minimumSeconds,
  bootSeconds: offer.bootSeconds,
  freshUntil: offer.freshUntil,
});

export interface LeaseRow {
  readonly id: string;
  readonly phase: 'Requested' | 'Active' | 'Draining' | 'Failed' | 'Released' | 'Orphaned';
  readonly provider: string;
  readonly simulated: boolean;
  readonly gpuModel: string;
  readonly nodeId: string | null;
  readonly priceMicroUsdPerHour: string;
  readonly reason: string;
  readonly since: string;
  readonly costMicroUsd: string | null;
}

type LeaseEvent = LeaseRequested | LeaseActivated | LeaseDraining | LeaseFailed | LeaseReleased | LeaseOrphaned;

/** Leases, ended ones included. */
export const gatewayLease = defineProjection<LeaseEvent, LeaseRow>({
  name: 'gateway_lease',
  version: 2,
  key: ({ data }) => data.leaseId,
  organization: shared,
  indexes: ['phase'],
  initial: {
    id: '',
    phase: 'Requested',
    provider: '',
    simulated: false,
    gpuModel: '',
    nodeId: null,
    priceMicroUsdPerHour: '0',
    reason: '',
    since: '',
    costMicroUsd: null,
  },
  on: {
    'drm.lease.requested': (row, { leaseId, offer, reason, at }) => ({
      ...row,
      id: leaseId,
      provider: offer.provider,
      simulated: offer.simulated,
      gpuModel: offer.gpuModel,
      priceMicroUsdPerHour: offer.priceMicroUsdPerHour,
      reason,
      since: at,
    }),
    'drm.lease.activated': (row, { nodeId, at }) =>
      row.id === '' ? undefined : { ...row, phase: 'Active', nodeId, since: at },
    'drm.lease.draining': (row, { reason, at }) =>
      row.id === '' ? undefined : { ...row, phase: 'Draining', reason, since: at },
    'drm.lease.orphaned': (row, { costMicroUsd, at }) =>
      row.id === '' ? undefined : { ...row, phase: 'Orphaned', costMicroUsd, since: at },
    'drm.lease.failed': (row, { reason, at }) =>
      row.id === '' ? undefined : { ...row, phase: 'Failed', reason, since: at },
    'drm.lease.released': (row, { reason, costMicroUsd, at }) =>
      row.id === '' ? undefined : { ...row, phase: 'Released', reason, costMicroUsd, since: at },
  },
});

export interface AllocationRow {
  readonly id: string;
  readonly jobId: string;
  readonly organizationId: string;
  readonly shares: readonly {
    readonly nodeId: string;
    readonly gpuIndexes: readonly number[];
    readonly gpuMilli: number;
    readonly cpuMilli: number;
    readonly memoryMiB: number;
  }[];
}

/** What is held now: the difference between what a node has and what is free. */
export const gatewayAllocation = defineProjection<AllocationGranted | AllocationReleased, AllocationRow>({
  name: 'gateway_allocation',
  version: 1,
  key: ({ data }) => ('allocation' in data ? data.allocation.allocationId : data.allocationId),
  organization: shared,
  initial: { id: '', jobId: '', organizationId: '', shares: [] },
  on: {
    'drm.partition.allocation-granted': (_row, { allocation }) => ({
      id: allocation.allocationId,
      jobId: allocation.workloadId,
      organizationId: allocation.organizationId,
      shares: allocation.shares.map(({ nodeId, gpuIndexes, gpuMilli, cpuMilli, memoryMiB }) => ({
        nodeId,
        gpuIndexes,
        gpuMilli,
        cpuMilli,
        memoryMiB,
      })),
    }),
    'drm.partition.allocation-released': () => undefined,
  },
});

export interface QueueRow {
  readonly jobId: string;
}

type QueueEvent = JobQueued | JobRequeued | JobAdmitted | JobFailed | JobCancelled;

/** One short row per job that waits, of every tenant: for counting. */
export const gatewayQueue = defineProjection<QueueEvent, QueueRow>({
  name: 'gateway_queue',
  version: 1,
  key: ({ data }) => data.jobId,
  organization: shared,
  initial: { jobId: '' },
  on: {
    'cmo.job.queued': (_row, { jobId }) => ({ jobId }),
    'cmo.job.requeued': (_row, { jobId }) => ({ jobId }),
    'cmo.job.admitted': () => undefined,
    'cmo.job.failed': () => undefined,
    'cmo.job.cancelled': () => undefined,
  },
});
