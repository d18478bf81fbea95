import type { Projection } from '@solyx/eventing';
import { gatewayBudgetScope, gatewayProfile, gatewayUsage } from './account.projections';
import { gatewayAdvice, gatewayApiKey, gatewayAutonomy } from './advice.projections';
import { gatewayAsset, gatewayMargin } from './asset.projections';
import { gatewayCampaign } from './campaign.projections';
import { gatewayExplanation, gatewayRoute, gatewayStep } from './explanation.projections';
import { gatewayAllocation, gatewayLease, gatewayNode, gatewayOffer, gatewayQueue } from './fleet.projections';
import { gatewayCreditNote, gatewayInvoice, gatewayInvoiceLine } from './invoice.projections';
import { gatewayJob } from './job.projection';
import { gatewayBudget, gatewayCharge } from './money.projections';
import { gatewayParked } from './parked.projection';
import { gatewayPriceBook, gatewayQuote } from './price.projections';
import { gatewayReconciliation, gatewayTreeHead } from './proof.projections';
import { gatewayEarning, gatewayPayout, gatewayProvider } from './provider.projections';
import { gatewayClaim, gatewayCohort, gatewayQuota, gatewayReservation, gatewayRun } from './queue.projections';
import { gatewayScheduler } from './scheduler.projection';
import { gatewayCredit, gatewayWallet } from './wallet.projections';
import { gatewayWebhook } from './webhook.projections';

export * from './advice.projections';
export * from './webhook.projections';
export * from './wallet.projections';
export * from './provider.projections';
export * from './proof.projections';
export * from './price.projections';
export * from './invoice.projections';
export * from './campaign.projections';
export * from './asset.projections';
export * from './account.projections';
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
  gatewayAsset,
  gatewayAutonomy,
  gatewayBudget,
  gatewayBudgetScope,
  gatewayCampaign,
  gatewayCharge,
  gatewayClaim,
  gatewayCohort,
  gatewayCredit,
  gatewayCreditNote,
  gatewayEarning,
  gatewayExplanation,
  gatewayInvoice,
  gatewayInvoiceLine,
  gatewayJob,
  gatewayLease,
  gatewayMargin,
  gatewayNode,
  gatewayOffer,
  gatewayParked,
  gatewayPayout,
  gatewayPriceBook,
  gatewayProfile,
  gatewayProvider,
  gatewayQueue,
  gatewayQuota,
  gatewayQuote,
  gatewayReconciliation,
  gatewayReservation,
  gatewayRoute,
  gatewayRun,
  gatewayScheduler,
  gatewayStep,
  gatewayTreeHead,
  gatewayUsage,
  gatewayWallet,
  gatewayWebhook,
] as readonly Projection[];
