import type { Projection } from '@solyx/eventing';
import { gatewayAdvice, gatewayApiKey, gatewayAutonomy } from './advice.projections';
import { gatewayExplanation, gatewayRoute, gatewayStep } from './explanation.projections';
import { gatewayAllocation, gatewayLease, gatewayNode, gatewayOffer, gatewayQueue } from './fleet.projections';
import { gatewayJob } from './job.projection';
import { gatewayBudget, gatewayCharge } from './money.projections';
import { gatewayParked } from './parked.projection';
import { gatewayClaim, gatewayCohort, gatewayQuota, gatewayReservation, gatewayRun } from './queue.projections';
import { gatewayScheduler } from './scheduler.projection';

export * from './advice.projections';
export * from './explanation.projections';
export * from './fleet.projections';
export * from './job.projection';
export * from './money.projections';
export * from './parked.projection';
export * from './queue.projections';
export * from './scheduler.projection';

/** Every view that the gateway shows. */
export const PROJECTIONS = [
  gatewayAdvice,
  gatewayAllocation,
  gatewayApiKey,
  gatewayAutonomy,
  gatewayBudget,
  gatewayCharge,
  gatewayClaim,
  gatewayCohort,
  gatewayExplanation,
  gatewayJob,
  gatewayLease,
  gatewayNode,
  gatewayOffer,
  gatewayParked,
  gatewayQueue,
  gatewayQuota,
  gatewayReservation,
  gatewayRoute,
  gatewayRun,
  gatewayScheduler,
  gatewayStep,
] as readonly Projection[];
