import type {
  AdviceDecided,
  AdviceObserved,
  AllocationGranted,
  AllocationReleased,
  AutonomyObserved,
  LeaseReleaseWanted,
  LeaseWanted,
  PartitionLeaseEnded,
  PartitionNodeCordoned,
  PartitionNodeEvictionNoticed,
  PartitionNodeGone,
  PartitionNodeJoined,
  PartitionNodeUncordoned,
  PartitionNodeProcured,
  PartitionOfferObserved,
  PolicyAdopted,
  PreemptionRequested,
  PricesObserved,
  QueueObserved,
  QueueRemoved,
  ReservationEnded,
  ReservationObserved,
  RoutesObserved,
  ShadowPricesObserved,
  StartsForeseen,
  WorkloadEnded,
  WorkloadQueued,
  WorkloadWaiting,
} from '@solyx/contracts/drm';

/** What the scheduler is told. */
export type PartitionInput =
  | WorkloadQueued
  | WorkloadEnded
  | PartitionNodeJoined
  | PartitionNodeProcured
  | ShadowPricesObserved
  | StartsForeseen
  | PartitionNodeCordoned
  | PartitionNodeUncordoned
  | PartitionNodeEvictionNoticed
  | PartitionNodeGone
  | PartitionOfferObserved
  | PartitionLeaseEnded
  | PricesObserved
  | RoutesObserved
  | AdviceObserved
  | AutonomyObserved
  | PolicyAdopted
  | QueueObserved
  | QueueRemoved
  | ReservationObserved
  | ReservationEnded;

/** What it decides. */
export type PartitionDecision =
  | AllocationGranted
  | AllocationReleased
  | PreemptionRequested
  | WorkloadWaiting
  | LeaseWanted
  | LeaseReleaseWanted
  | AdviceDecided;

export type PartitionEvent = PartitionInput | PartitionDecision;

const DECISIONS: ReadonlySet<string> = new Set<PartitionDecision['type']>([
  'drm.partition.allocation-granted',
  'drm.partition.allocation-released',
  'drm.partition.preemption-requested',
  'drm.partition.workload-waiting',
  'drm.partition.lease-requested',
  'drm.partition.lease-release-requested',
  'drm.partition.advice-decided',
]);

export const isDecision = (event: PartitionEvent): event is PartitionDecision => DECISIONS.has(event.type);
