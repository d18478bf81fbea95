import type { Offer } from '@solyx/contracts';
import type {
  AllocationGranted,
  AllocationReleased,
  LeaseReleaseWanted,
  LeaseWanted,
  PartitionLeaseEnded,
  PartitionNodeCordoned,
  PartitionNodeUncordoned,
  PartitionNodeGone,
  PartitionNodeJoined,
  PartitionOfferObserved,
  WorkloadEnded,
  WorkloadQueued,
} from '@solyx/contracts/drm';

const GPU_MILLI = 1_000;
const HOUR_MS = 3_600_000;

/** What of the scheduler's journal tells of supply and demand. */
export type FleetFact =
  | WorkloadQueued
  | WorkloadEnded
  | AllocationGranted
  | AllocationReleased
  | PartitionNodeJoined
  | PartitionNodeCordoned
  | PartitionNodeUncordoned
  | PartitionNodeGone
  | PartitionOfferObserved
  | LeaseWanted
  | LeaseReleaseWanted
  | PartitionLeaseEnded;

/** Work that waits for GPUs. */
export interface WaitingWork {
  readonly attempt: number;
  readonly gpuMilli: number;
  /** Empty: any. */
  readonly gpuModel: string;
  readonly simulated: boolean;
  /** May it run on a leased node? If not, a lease would not help it. */
  readonly leasable: boolean;
  readonly sinceMs: number;
}

export interface FleetNode {
  readonly simulated: boolean;
  readonly gpuMilli: number;
  /** milli-GPU by the allocation that holds them. */
  readonly held: Map<string, number>;
  cordoned: boolean;
  idleSinceMs: number;
}

export interface FleetLease {
  readonly offer: Offer;
  readonly requestedAtMs: number;
  phase: 'Pending' | 'Active' | 'Releasing';
  nodeId: string;
  activeAtMs: number;
}

/**
 * The fleet as the journal tells it. One fold owns it and changes it in place: a copy of thousands of rows for each
 * event would be the dearest part of looking. The same facts in the same order lead to the same fleet.
 */
export interface Fleet {
  readonly waiting: Map<string, WaitingWork>;
  readonly nodes: Map<string, FleetNode>;
  /** Nodes that hold an allocation, by its id. */
  readonly holders: Map<string, readonly string[]>;
  readonly leases: Map<string, FleetLease>;
  readonly offers: Map<string, Offer>;
  /** Leases that advice led to, by their times, within an hour of the newest. */
  advisedLeasesMs: number[];
}

export const emptyFleet = (): Fleet => ({
  waiting: new Map(),
  nodes: new Map(),
  holders: new Map(),
  leases: new Map(),
  offers: new Map(),
  advisedLeasesMs: [],
});

export const millis = (at: string): number => Date.parse(at);

export const gpuMilliOf = ({ gpusPerNode }: Offer): number => gpusPerNode * GPU_MILLI;

function queued({ waiting }: Fleet, { request, at }: WorkloadQueued['data']): void {
  const { resources, placement, nodes, attempt, notBefore } = request;
  waiting.delete(request.workloadId);
  const gpuMilli = resources.gpus * resources.gpuMilli * nodes;
  if (gpuMilli === 0) return;
  waiting.set(request.workloadId, {
    attempt,
    gpuMilli,
    gpuModel: resources.gpuModel ?? '',
    simulated: placement.simulated,
    leasable: placement.sources.length === 0 || placement.sources.includes('leased'),
    // It waits for a GPU only once it may have one: neither earlier attempts nor its backoff are waiting.
    sinceMs: Math.max(millis(at), millis(notBefore ?? at)),
  });
}

function ended({ waiting }: Fleet, { workloadId, attempt }: WorkloadEnded['data']): void {
  const work = waiting.get(workloadId);
  if (work && work.attempt <= attempt) waiting.delete(workloadId);
}

function granted({ waiting, nodes, holders }: Fleet, { allocation }: AllocationGranted['data']): void {
  const { allocationId, workloadId, shares } = allocation;
  waiting.delete(workloadId);
  holders.set(
    allocationId,
    shares.map(({ nodeId }) => nodeId),
  );
  for (const { nodeId, gpuMilli } of shares) nodes.get(nodeId)?.held.set(allocationId, gpuMilli);
}

/** A node that came back after a loss is empty and does not hold it: nothing to give back. */
function released({ nodes, holders }: Fleet, { allocationId, at }: AllocationReleased['data']): void {
  for (const nodeId of holders.get(allocationId) ?? []) {
    const node = nodes.get(nodeId);
    if (node?.held.delete(allocationId) && node.held.size === 0) node.idleSinceMs = millis(at);
  }
  holders.delete(allocationId);
}

function joined({ nodes, leases }: Fleet, { terms, facts, at }: PartitionNodeJoined['data']): void {
  nodes.set(terms.nodeId, {
    simulated: terms.simulated,
    gpuMilli: facts.gpus.length * GPU_MILLI,
    held: new Map(),
    cordoned: false,
    idleSinceMs: millis(at),
  });
  const lease = leases.get(terms.leaseId ?? '');
  if (!lease) return;
  lease.phase = 'Active';
  lease.nodeId = terms.nodeId;
  lease.activeAtMs = millis(at);
}

function leaseWanted(fleet: Fleet, { leaseId, offer, adviceId, at }: LeaseWanted['data']): void {
  const requestedAtMs = millis(at);
  fleet.leases.set(leaseId, { offer, requestedAtMs, phase: 'Pending', nodeId: '', activeAtMs: 0 });
  if (adviceId === undefined) return;
  fleet.advisedLeasesMs = [...fleet.advisedLeasesMs.filter((ms) => ms > requestedAtMs - HOUR_MS), requestedAtMs];
}

function cordoned({ nodes }: Fleet, nodeId: string, isSo: boolean): void {
  const node = nodes.get(nodeId);
  if (node) node.cordoned = isSo;
}

/** Folds one fact into the fleet, in place. Facts of other types change nothing. */
export function observe(fleet: Fleet, { type, data }: FleetFact): void {
  switch (type) {
    case 'drm.partition.workload-queued':
      return queued(fleet, data);
    case 'drm.partition.workload-ended':
      return ended(fleet, data);
    case 'drm.partition.allocation-granted':
      return granted(fleet, data);
    case 'drm.partition.allocation-released':
      return released(fleet, data);
    case 'drm.partition.node-joined':
      return joined(fleet, data);
    case 'drm.partition.node-cordoned':
      return cordoned(fleet, data.nodeId, true);
    case 'drm.partition.node-uncordoned':
      return cordoned(fleet, data.nodeId, false);
    case 'drm.partition.node-gone':
      fleet.nodes.delete(data.nodeId);
      return;
    case 'drm.partition.offer-observed':
      fleet.offers.set(data.offer.offerId, data.offer);
      return;
    case 'drm.partition.lease-requested':
      return leaseWanted(fleet, data);
    case 'drm.partition.lease-release-requested': {
      const lease = fleet.leases.get(data.leaseId);
      if (lease) lease.phase = 'Releasing';
      return;
    }
    case 'drm.partition.lease-ended':
      fleet.leases.delete(data.leaseId);
      return;
  }
}
