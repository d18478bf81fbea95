import {
  QUOTA_UNLIMITED,
  type JobSpec,
  type NodeTerms,
  type Offer,
  type PriceEntry,
  type Procurement,
  type QueueSpec,
  type ReservationSpec,
  type Route,
  type Source,
  type WorkloadRequest,
} from '@solyx/contracts';
import {
  PartitionNodeJoined,
  PartitionNodeProcured,
  PartitionOfferObserved,
  PolicyAdopted,
  PricesObserved,
  QueueObserved,
  ReservationObserved,
  RoutesObserved,
  WorkloadEnded,
  WorkloadQueued,
} from '@solyx/contracts/drm';
import { fold } from '@solyx/kernel';
import { partitionDecider } from '../domain/partition';
import type { PartitionEvent, PartitionInput } from '../domain/partition-events';
import { emptyPartition, isoOf, type PartitionState } from '../domain/partition-state';

export const T0 = Date.UTC(2026, 0, 1);
/** `seconds` after the beginning of the specs' time. */
export const at = (seconds: number): string => isoOf(T0 + seconds * 1000);

const priced = (source: Source, gpu: number): PriceEntry[] =>
  [true, false].flatMap((simulated) =>
    (
      [
        ['gpu', gpu],
        ['cpu', 10_000],
        ['memory', 1_000],
      ] as const
    ).map(([resource, price]) => ({ source, simulated, resource, gpuModel: '*', microUsdPerUnit: String(price) })),
  );

export const prices = (version = 1): PricesObserved =>
  PricesObserved({
    version,
    entries: [...priced('owned', 1_000_000), ...priced('leased', 2_000_000), ...priced('shared', 3_000_000)],
    at: at(0),
  });

export const route = (fromSite: string, toSite: string, egress = 20_000): Route => ({
  fromSite,
  toSite,
  path: [fromSite, toSite],
  latencyUs: 20_000,
  bandwidthMbps: 1_000,
  egressMicroUsdPerGiB: String(egress),
  alternatives: [],
});

export const routes = (...list: readonly Route[]): RoutesObserved =>
  RoutesObserved({ version: 1, routes: list, at: at(0) });

export interface NodeOptions {
  readonly gpus?: number;
  readonly model?: string;
  readonly memoryMiB?: number;
  readonly cpuMilli?: number;
  readonly gpuMemoryMiB?: number;
  readonly joined?: number;
  readonly terms?: Partial<NodeTerms>;
}

export function node(nodeId: string, options: NodeOptions = {}): PartitionNodeJoined {
  const { gpus = 8, model = 'H100', memoryMiB = 1_048_576, cpuMilli = 128_000, gpuMemoryMiB = 81_920 } = options;
  return PartitionNodeJoined({
    terms: {
      nodeId,
      source: 'owned',
      provider: 'owned',
      simulated: true,
      executor: 'simulated',
      site: 'home',
      region: 'eu-central',
      costMicroUsdPerHour: '0',
      ...options.terms,
    },
    facts: {
      hostname: nodeId,
      os: 'simulated',
      cpuMilli,
      memoryMiB,
      gpus: Array.from({ length: gpus }, (_, index) => ({ index, model, memoryMiB: gpuMemoryMiB })),
    },
    at: at(options.joined ?? 0),
  });
}

/** Written off evenly over two years; 8 kW at work for 0.10 USD/kWh, nothing when idle. */
export const procurement = (usd = 140_160): Procurement => ({
  purchaseMicroUsd: String(usd * 1_000_000),
  purchasedAt: at(0),
  lifetimeMonths: 24,
  method: 'straight-line',
  idleWatts: 0,
  maxWatts: 8_000,
  energyMicroUsdPerKwh: '100000',
});

/** What a node of eight GPUs was bought for: 1.00 USD per GPU-hour, and 0.10 of energy where they work. */
export const bought = (nodeId: string, usd?: number): PartitionNodeProcured =>
  PartitionNodeProcured({ nodeId, procurement: procurement(usd), at: at(0) });

export interface WorkloadOptions {
  readonly gpus?: number;
  readonly gpuMilli?: number;
  readonly nodes?: number;
  readonly cpuMilli?: number;
  readonly memoryMiB?: number;
  readonly priority?: number;
  readonly attempt?: number;
  readonly queued?: number;
  readonly runtime?: number;
  readonly model?: string;
  readonly change?: Partial<WorkloadRequest>;
}

export function request(workloadId: string, options: WorkloadOptions = {}): WorkloadRequest {
  const { gpus = 1, gpuMilli = 1000, nodes = 1, cpuMilli = 1_000, memoryMiB = 1_024, priority = 50 } = options;
  return {
    workloadId,
    attempt: options.attempt ?? 1,
    organizationId: 'acme',
    project: 'research',
    name: workloadId,
    resources: {
      gpus,
      gpuMilli,
      cpuMilli,
      memoryMiB,
      ...(options.model === undefined ? {} : { gpuModel: options.model }),
    },
    nodes,
    placement: { sources: ['owned', 'leased', 'shared'], regions: [], simulated: true },
    limits: { maxRuntimeSeconds: options.runtime ?? 3_600 },
    priority,
    data: [],
    queuedAt: at(options.queued ?? 0),
    ...options.change,
  };
}

export const workload = (workloadId: string, options: WorkloadOptions = {}): WorkloadQueued =>
  WorkloadQueued({
    request: request(workloadId, options),
    correlationId: `c-${workloadId}`,
    at: at(options.queued ?? 0),
  });

/** A quota that is never reached, unless it says otherwise. */
export const quota = (queueId: string, change: Partial<QueueSpec> = {}, seconds = 0): QueueObserved =>
  QueueObserved({
    queue: {
      ...{ queueId, organizationId: 'acme', cohort: 'main', weight: 1, budgets: [] },
      nominal: { gpuMilli: QUOTA_UNLIMITED, cpuMilli: QUOTA_UNLIMITED, memoryMiB: QUOTA_UNLIMITED },
      ...change,
    },
    at: at(seconds),
  });

export const adopted = (policy = 'shadow-price/1', seconds = 0): PolicyAdopted =>
  PolicyAdopted({ policy, at: at(seconds) });

export const reservation = (reservationId: string, change: Partial<ReservationSpec> = {}): ReservationObserved =>
  ReservationObserved({
    reservation: {
      ...{ reservationId, organizationId: 'acme', name: reservationId, nodes: 1 },
      resources: { gpus: 8, gpuMilli: 1000, cpuMilli: 8_000, memoryMiB: 8_192 },
      placement: { sources: ['owned', 'leased', 'shared'], regions: [], simulated: true },
      ...{ startsAt: at(1_000), endsAt: at(2_000) },
      ...change,
    },
    at: at(0),
  });

export const over = (workloadId: string, seconds = 1, attempt = 1): WorkloadEnded =>
  WorkloadEnded({ workloadId, attempt, reason: 'Succeeded', at: at(seconds) });

export function offer(offerId: string, change: Partial<Offer> = {}): PartitionOfferObserved {
  return PartitionOfferObserved({
    offer: {
      offerId,
      provider: 'lambda',
      simulated: true,
      site: 'lambda-us',
      region: 'us-west',
      gpuModel: 'H100',
      gpuMemoryMiB: 81_920,
      gpusPerNode: 8,
      cpuMilli: 128_000,
      memoryMiB: 1_048_576,
      available: 1,
      priceMicroUsdPerHour: '20000000',
      minimumSeconds: 60,
      bootSeconds: 5,
      observedAt: at(0),
      freshUntil: at(86_400),
      ...change,
    },
    at: at(0),
  });
}

export const spec = (options: WorkloadOptions = {}): JobSpec => {
  const { project, resources, nodes, placement, limits, priority, data } = request('plan', options);
  const retry = { max: 0, on: [], backoffSecondsMin: 1, backoffSecondsMax: 60 };
  return {
    name: 'train',
    kind: 'task',
    project,
    command: ['true'],
    env: {},
    resources,
    nodes,
    placement,
    limits,
    priority,
    retry,
    data,
  };
};

/** A journal that grows by batches, as the service grows it. */
export class Journal {
  state: PartitionState = emptyPartition;
  readonly events: PartitionEvent[] = [];

  /** Takes inputs at a time; answers what was recorded. */
  advance(seconds: number, ...inputs: readonly PartitionInput[]): readonly PartitionEvent[] {
    return this.record({ type: 'Advance', data: { inputs, at: at(seconds) } });
  }

  tick(seconds: number): readonly PartitionEvent[] {
    return this.record({ type: 'Tick', data: { at: at(seconds) } });
  }

  private record(command: Parameters<typeof partitionDecider.decide>[0]): readonly PartitionEvent[] {
    const decision = partitionDecider.decide(command, this.state);
    const events = decision.accepted ? decision.events : [];
    this.events.push(...events);
    this.state = fold(partitionDecider, events, this.state);
    return events;
  }
}

type DataOf<T extends PartitionEvent['type']> = Extract<PartitionEvent, { type: T }>['data'];

/** Of recorded events, the data of those of one type. */
export const only = <T extends PartitionEvent['type']>(events: readonly PartitionEvent[], type: T): DataOf<T>[] =>
  events.filter((event) => event.type === type).map(({ data }) => data as DataOf<T>);

/** Where a workload was placed: node ids by rank. */
export const placedOn = (state: PartitionState, workloadId: string): readonly string[] =>
  state.held.get(workloadId)?.allocation.shares.map(({ nodeId }) => nodeId) ?? [];
