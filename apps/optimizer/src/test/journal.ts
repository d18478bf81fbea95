import fc from 'fast-check';
import type { Offer } from '@solyx/contracts';
import {
  AllocationGranted,
  AllocationReleased,
  LeaseReleaseWanted,
  LeaseWanted,
  PartitionLeaseEnded,
  PartitionNodeCordoned,
  PartitionNodeGone,
  PartitionNodeJoined,
  PartitionOfferObserved,
  WorkloadEnded,
  WorkloadQueued,
} from '@solyx/contracts/drm';
import type { Autonomy } from '../domain/policy';
import type { FleetFact } from '../domain/observe';

export const T0 = Date.UTC(2026, 0, 1, 12);
export const after = (seconds: number): string => new Date(T0 + seconds * 1_000).toISOString();

export const offer = (change: Partial<Offer> = {}): Offer => ({
  offerId: 'offer_1',
  provider: 'vast',
  simulated: false,
  site: 'vast-eu',
  region: 'eu-west',
  gpuModel: 'H100',
  gpuMemoryMiB: 81_920,
  gpusPerNode: 8,
  cpuMilli: 64_000,
  memoryMiB: 500_000,
  available: 3,
  priceMicroUsdPerHour: '16000000',
  minimumSeconds: 600,
  bootSeconds: 60,
  observedAt: after(0),
  freshUntil: after(3_600),
  ...change,
});

interface Work {
  readonly gpus?: number;
  readonly gpuMilli?: number;
  readonly gpuModel?: string;
  readonly nodes?: number;
  readonly simulated?: boolean;
  readonly sources?: readonly ('owned' | 'leased' | 'shared')[];
  readonly attempt?: number;
  readonly notBefore?: string;
}

export const queued = (workloadId: string, seconds: number, work: Work = {}): WorkloadQueued => {
  const { gpus = 1, gpuMilli = 1_000, nodes = 1, simulated = false, attempt = 1 } = work;
  const { sources = ['owned', 'leased'], gpuModel, notBefore } = work;
  return WorkloadQueued({
    request: {
      workloadId,
      attempt,
      organizationId: 'acme',
      project: 'default',
      name: 'train',
      resources: { gpus, gpuMilli, cpuMilli: 1_000, memoryMiB: 1_024, ...(gpuModel === undefined ? {} : { gpuModel }) },
      nodes,
      placement: { sources, regions: [], simulated },
      limits: { maxRuntimeSeconds: 3_600 },
      priority: 50,
      data: [],
      queuedAt: after(0),
      ...(notBefore === undefined ? {} : { notBefore }),
    },
    at: after(seconds),
  });
};

export const ended = (workloadId: string, seconds: number, attempt = 1): WorkloadEnded =>
  WorkloadEnded({ workloadId, attempt, reason: 'Cancelled', at: after(seconds) });

export const granted = (workloadId: string, seconds: number, shares: Readonly<Record<string, number>>) =>
  AllocationGranted({
    allocation: {
      allocationId: `alc_${workloadId}`,
      workloadId,
      attempt: 1,
      organizationId: 'acme',
      project: 'default',
      shares: Object.entries(shares).map(([nodeId, gpuMilli], rank) => ({
        nodeId,
        rank,
        site: 'home',
        source: 'owned' as const,
        provider: 'owned',
        simulated: false,
        executor: 'agent' as const,
        gpuModel: 'H100',
        gpuIndexes: [0],
        gpuMilli,
        cpuMilli: 0,
        memoryMiB: 0,
        priceMicroUsdPerHour: '0',
      })),
      transfers: [],
      priceMicroUsdPerHour: '0',
      grantedAt: after(seconds),
    },
    policy: 'best-fit/1',
    candidates: [],
    sentence: '',
    at: after(seconds),
  });

export const released = (workloadId: string, seconds: number): AllocationReleased =>
  AllocationReleased({
    allocationId: `alc_${workloadId}`,
    workloadId,
    attempt: 1,
    organizationId: 'acme',
    reason: 'Ended',
    at: after(seconds),
  });

export const joined = (
  nodeId: string,
  seconds: number,
  { gpus = 2, simulated = false, leaseId }: { gpus?: number; simulated?: boolean; leaseId?: string } = {},
): PartitionNodeJoined =>
  PartitionNodeJoined({
    terms: {
      nodeId,
      source: leaseId === undefined ? 'owned' : 'leased',
      provider: 'owned',
      simulated,
      executor: simulated ? 'simulated' : 'agent',
      site: 'home',
      region: 'eu-central',
      costMicroUsdPerHour: '0',
      ...(leaseId === undefined ? {} : { leaseId }),
    },
    facts: {
      hostname: nodeId,
      os: 'linux',
      cpuMilli: 64_000,
      memoryMiB: 500_000,
      gpus: Array.from({ length: gpus }, (_, index) => ({ index, model: 'H100', memoryMiB: 81_920 })),
    },
    at: after(seconds),
  });

export const cordoned = (nodeId: string) => PartitionNodeCordoned({ nodeId, at: after(0) });
export const gone = (nodeId: string) => PartitionNodeGone({ nodeId, reason: 'NodeLost', at: after(0) });
export const offered = (change: Partial<Offer> = {}) => PartitionOfferObserved({ offer: offer(change), at: after(0) });
export const leased = (leaseId: string, seconds: number, change: Partial<Offer> = {}, adviceId?: string) =>
  LeaseWanted({
    leaseId,
    offer: offer(change),
    reason: 'AwaitingLease',
    sentence: '',
    at: after(seconds),
    ...(adviceId === undefined ? {} : { adviceId }),
  });
export const releasing = (leaseId: string, nodeId: string) =>
  LeaseReleaseWanted({ leaseId, nodeId, reason: 'LeaseIdle', at: after(0) });
export const leaseEnded = (leaseId: string) => PartitionLeaseEnded({ leaseId, reason: 'LeaseIdle', at: after(0) });

export const autonomy = (change: Partial<Autonomy> = {}, limits: Partial<Autonomy['limits']> = {}): Autonomy => ({
  level: 'act',
  killSwitch: false,
  limits: { leasedNodesMax: 4, leaseMicroUsdPerHourMax: '50000000', leasesPerHourMax: 4, ...limits },
  at: after(0),
  ...change,
});

export const autonomyArb: fc.Arbitrary<Autonomy> = fc
  .record({
    level: fc.constantFrom('observe' as const, 'suggest' as const, 'act' as const),
    killSwitch: fc.boolean(),
    leasedNodesMax: fc.nat({ max: 6 }),
    leaseMicroUsdPerHourMax: fc.nat({ max: 90_000_000 }).map(String),
    leasesPerHourMax: fc.nat({ max: 6 }),
  })
  .map(({ level, killSwitch, ...limits }) => autonomy({ level, killSwitch }, limits));

const idArb = fc.nat({ max: 3 });
const secondsArb = fc.nat({ max: 7_000 });

/** Any facts in any order: more than a scheduler would ever record. */
export const factArb: fc.Arbitrary<FleetFact> = fc.oneof(
  fc
    .tuple(idArb, secondsArb, fc.nat({ max: 16 }), fc.boolean(), fc.constantFrom('H100', 'L4', undefined))
    .map(([id, seconds, gpus, simulated, gpuModel]) =>
      queued(`job_${id}`, seconds, { gpus, simulated, ...(gpuModel === undefined ? {} : { gpuModel }) }),
    ),
  fc.tuple(idArb, secondsArb).map(([id, seconds]) => ended(`job_${id}`, seconds)),
  fc
    .tuple(idArb, secondsArb, idArb, fc.nat({ max: 9_000 }))
    .map(([id, seconds, node, milli]) => granted(`job_${id}`, seconds, { [`node_${node}`]: milli })),
  fc.tuple(idArb, secondsArb).map(([id, seconds]) => released(`job_${id}`, seconds)),
  fc
    .tuple(idArb, secondsArb, fc.boolean(), fc.boolean())
    .map(([id, seconds, simulated, isLeased]) =>
      joined(`node_${id}`, seconds, { simulated, ...(isLeased ? { leaseId: `lease_${id}` } : {}) }),
    ),
  idArb.map((id) => cordoned(`node_${id}`)),
  idArb.map((id) => gone(`node_${id}`)),
  fc
    .tuple(idArb, fc.boolean(), fc.nat({ max: 4 }), fc.nat({ max: 30_000_000 }), fc.nat({ max: 8 }))
    .map(([id, simulated, available, price, gpusPerNode]) =>
      offered({ offerId: `offer_${id}`, simulated, available, gpusPerNode, priceMicroUsdPerHour: price.toString() }),
    ),
  fc
    .tuple(idArb, secondsArb, fc.boolean(), fc.boolean())
    .map(([id, seconds, simulated, advised]) =>
      leased(`lease_${id}`, seconds, { simulated }, advised ? 'adv_1' : undefined),
    ),
  idArb.map((id) => releasing(`lease_${id}`, `node_${id}`)),
  idArb.map((id) => leaseEnded(`lease_${id}`)),
);
