import { PersistentMap } from '@solyx/kernel';
import type { AdviceObserved, AutonomyObserved, PricesObserved } from '@solyx/contracts/drm';
import type {
  Allocation,
  NodeFacts,
  NodeTerms,
  Offer,
  Procurement,
  RoomShare,
  Route,
  WorkloadRequest,
} from '@solyx/contracts';
import { nothingLearnt, type Learning } from './demand';
import { noExperience, type Experience } from './experience';
import { policyOf } from './policy';
import type { SharedGpus } from './pool';
import { nothingQueued, type Queueing } from './queues/queue-state';
import { nothingRemembered, type Remembered } from './remembered';

/** A node as the scheduler sees it. `gpuFree` is by place in `facts.gpus`, in thousandths of a GPU. */
export interface NodeState {
  readonly terms: NodeTerms;
  readonly facts: NodeFacts;
  readonly gpuFree: readonly number[];
  readonly gpuMilliFree: number;
  readonly cpuFree: number;
  readonly memoryFree: number;
  /** What is held on GPUs that are cut or pooled; left out where all are plain. */
  readonly shared?: SharedGpus;
  /** Workloads on it. */
  readonly workloads: readonly string[];
  readonly cordoned: boolean;
  /** Of the newest word on whether it is cordoned; left out before the first. */
  readonly cordonSaidAt?: string;
  /** When its lessor takes it, ISO 8601; left out where it said nothing. */
  readonly evictBy?: string;
  /** Its lease is being given back. */
  readonly releasing: boolean;
  /** What it was bought for; left out where that is not known. */
  readonly procurement?: Procurement;
  readonly joinedAt: string;
  readonly idleSince: string;
}

export interface QueuedWorkload {
  readonly request: WorkloadRequest;
  /** Workloads of one shape fit on the same nodes. */
  readonly shape: string;
  readonly correlationId: string;
  readonly traceparent: string;
  /** What the newest `workload-waiting` said, as a key to compare with; empty before the first. */
  readonly waiting: string;
}

/** What taking the GPUs away from it would mean, and whether it may be done. */
export interface Stake {
  readonly priority: number;
  readonly spot: boolean;
  readonly queue: string;
  /** Since 1970, milliseconds. */
  readonly grantedMs: number;
  /** Before this it is left alone; milliseconds since 1970. */
  readonly safeUntil: number;
  /** At most so much of its time is lost, where it keeps checkpoints. */
  readonly checkpointMs: number | undefined;
}

/** Room that evictions make, kept for whom they were made. */
export interface Claim {
  readonly room: readonly RoomShare[];
  /** Milliseconds since 1970: after this it is kept no more. */
  readonly until: number;
}

/** An eviction of the last hour. */
export interface Disruption {
  readonly at: number;
  readonly organizationId: string;
  readonly queue: string;
  readonly reason: string;
}

export interface HeldAllocation {
  readonly allocation: Allocation;
  readonly correlationId: string;
  readonly traceparent: string;
  /** Milliseconds since 1970 when it ends at the latest: granted + maximum runtime. */
  readonly deadline: number;
  /** Why it is to be released; empty while it runs. */
  readonly ending: string;
  readonly stake: Stake;
  /** Why it was asked to leave; left out where it was not. */
  readonly evicting?: string;
}

export interface LeaseState {
  readonly leaseId: string;
  readonly offer: Offer;
  readonly phase: 'pending' | 'active' | 'releasing';
  readonly requestedAt: string;
  /** Empty until the node has joined. */
  readonly nodeId: string;
  readonly activeAt: string;
}

export interface OfferState {
  readonly offer: Offer;
  /** Leases of it that the lessor did not deliver, one after another. */
  readonly failures: number;
  /** Not leased again before this time; empty where it may be. */
  readonly notBefore: string;
}

/** The fold of a partition's journal. */
export interface PartitionState extends Experience, Learning, Queueing {
  readonly nodes: PersistentMap<NodeState>;
  /** Sorted. Another list whenever nodes come, go, or stop to take work: what was found out of them is then stale. */
  readonly nodeIds: readonly string[];
  readonly queue: PersistentMap<QueuedWorkload>;
  /** Ids of the queue: higher priority first, then longer waiting, then id. */
  readonly order: readonly string[];
  readonly held: PersistentMap<HeldAllocation>;
  /** By who gets the room. */
  readonly claims: PersistentMap<Claim>;
  /** Evictions of the last hour, the oldest first. */
  readonly disruptions: readonly Disruption[];
  /** Workloads that were asked to leave and still hold. */
  readonly evicting: readonly string[];
  /** Nodes that their lessors take back. */
  readonly leaving: readonly string[];
  /** Running workloads by organization, priority and spot: says at once that there is nobody to take from. */
  readonly stakes: PersistentMap<number>;
  /** Workloads whose allocation is to be released. */
  readonly ending: readonly string[];
  readonly leases: PersistentMap<LeaseState>;
  readonly leaseCount: number;
  /** When leases were requested on advice, within the last hour. */
  readonly advisedLeases: readonly string[];
  readonly offers: PersistentMap<OfferState>;
  /** By version; the newest whose time has come is in force. */
  readonly prices: readonly PricesObserved['data'][];
  readonly routesVersion: number;
  /** By `from>to`. */
  readonly routes: ReadonlyMap<string, Route>;
  readonly autonomy: AutonomyObserved['data'] | undefined;
  readonly advice: readonly AdviceObserved['data'][];
  /** Ended workloads and the attempt through which they ended. */
  readonly ended: Remembered<number>;
  /** Nodes that are gone, and since when. */
  readonly gone: Remembered<string>;
  readonly decidedAdvice: Remembered<true>;
  /** Who decides: an id of `policy/`; empty before one was adopted. */
  readonly policy: string;
  /** Time of the newest decision: decisions never go back in time. */
  readonly decidedAt: string;
}

const ENDED_REMEMBERED = 20_000;
const NODES_REMEMBERED = 5_000;
const ADVICE_REMEMBERED = 1_000;

export const emptyPartition: PartitionState = {
  ...noExperience,
  ...nothingQueued,
  ...nothingLearnt,
  nodes: PersistentMap.empty(),
  nodeIds: [],
  queue: PersistentMap.empty(),
  order: [],
  held: PersistentMap.empty(),
  claims: PersistentMap.empty(),
  disruptions: [],
  evicting: [],
  leaving: [],
  stakes: PersistentMap.empty(),
  ending: [],
  leases: PersistentMap.empty(),
  leaseCount: 0,
  advisedLeases: [],
  offers: PersistentMap.empty(),
  prices: [],
  routesVersion: 0,
  routes: new Map(),
  autonomy: undefined,
  advice: [],
  ended: nothingRemembered(ENDED_REMEMBERED),
  gone: nothingRemembered(NODES_REMEMBERED),
  decidedAdvice: nothingRemembered(ADVICE_REMEMBERED),
  policy: '',
  decidedAt: '',
};

export const routeKey = (from: string, to: string): string => `${from}>${to}`;

export { isoOf, laterOf, millisOf } from './instants';

/** Everything of a request that decides where it fits, under a policy. */
export function shapeOf(request: WorkloadRequest, policy: string): string {
  const { resources, nodes, placement, limits, data } = request;
  const { gpus, gpuMilli, gpuModel = '', gpuMemoryMiB = 0, cpuMilli, memoryMiB } = resources;
  const { sources, regions, simulated } = placement;
  return JSON.stringify([
    [gpus, gpuMilli, gpuModel, gpuMemoryMiB, cpuMilli, memoryMiB, nodes],
    [sources, regions, simulated],
    [limits.maxPriceMicroUsdPerGpuHour ?? '', limits.maxRuntimeSeconds],
    data.map(({ uri, site, sizeGiB }) => [uri, site, sizeGiB]),
    ...uncommon(request),
    ...affordable(request, policy),
  ]);
}

/** A hard budget decides where work fits that has to move its data first. */
const affordable = ({ data, limits, minRuntimeSeconds }: WorkloadRequest, policy: string): readonly unknown[] =>
  data.length === 0 || limits.budgetMicroUsd === undefined || !policyOf(policy).budgetsCoverEgress
    ? []
    : [[limits.budgetMicroUsd, minRuntimeSeconds ?? '']];

/** What most workloads leave out. Whose it is matters on private pools alone. */
function uncommon({ resources, nodesMin, topology, organizationId }: WorkloadRequest): readonly unknown[] {
  const { sharing, migProfile } = resources;
  if (sharing === undefined && migProfile === undefined && nodesMin === undefined && topology === undefined) return [];
  const closeness = topology && [topology.level, topology.required];
  return [
    [sharing ?? '', migProfile ?? '', nodesMin ?? 0, closeness ?? [], sharing === undefined ? '' : organizationId],
  ];
}

/** Negative where `a` goes first. */
export function byPriorityThenAge(a: WorkloadRequest, b: WorkloadRequest): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  if (a.queuedAt !== b.queuedAt) return a.queuedAt < b.queuedAt ? -1 : 1;
  return a.workloadId < b.workloadId ? -1 : a.workloadId > b.workloadId ? 1 : 0;
}
