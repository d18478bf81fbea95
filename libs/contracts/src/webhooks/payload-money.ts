import { BUDGET_PERIODS, DISPUTE_OUTCOMES, EARNING_KINDS, PAYOUT_RAILS } from '../values';
import { POSTINGS_SHOWN_MAX, WebhookAmount, WebhookPosting } from './payload-parts';
import { count, flag, id, list, maybe, nested, oneOf, time, words } from './payload-rules';

export class ChargePostedData {
  @id()
  readonly chargeId!: string;
  @id()
  readonly project!: string;
  @oneOf(['job', 'deployment', 'endpoint', 'volume', 'transfer', 'campaign', 'commitment', 'period'])
  readonly chargedFor!: string;
  @id()
  readonly chargedForId!: string;
  @words(16)
  readonly period!: string;
  /** Of a correction: the finalised period that it corrects. */
  @maybe()
  @words(16)
  readonly correctsPeriod?: string;
  @flag()
  readonly simulated!: boolean;
  @count()
  readonly lineCount!: number;
  @nested(() => WebhookAmount)
  readonly total!: WebhookAmount;
  @list(POSTINGS_SHOWN_MAX, () => WebhookPosting)
  readonly journal!: readonly WebhookPosting[];
}

export class CreditGrantedData {
  @id()
  readonly grantId!: string;
  /** `sla`, `topped-up`, or what the operator gave it as. */
  @id()
  readonly kind!: string;
  @flag()
  readonly simulated!: boolean;
  @nested(() => WebhookAmount)
  readonly amount!: WebhookAmount;
  @maybe()
  @time()
  readonly expiresAt?: string;
  /** Why, or the reference of the payment. */
  @words(1024)
  readonly note!: string;
}

export class CreditExpiredData {
  @id()
  readonly grantId!: string;
  @flag()
  readonly simulated!: boolean;
  @nested(() => WebhookAmount)
  readonly amount!: WebhookAmount;
}

export class CreditLowData {
  @flag()
  readonly simulated!: boolean;
  @nested(() => WebhookAmount)
  readonly available!: WebhookAmount;
  @nested(() => WebhookAmount)
  readonly lowBelow!: WebhookAmount;
}

export class CreditExhaustedData {
  @flag()
  readonly simulated!: boolean;
}

export class BudgetThresholdReachedData {
  /** `organization`, `team`, `project`, `key`, `job`. */
  @id()
  readonly scope!: string;
  @id()
  readonly scopeId!: string;
  @oneOf(BUDGET_PERIODS)
  readonly period!: (typeof BUDGET_PERIODS)[number];
  @words(16)
  readonly periodKey!: string;
  @count(1)
  readonly thresholdPercent!: number;
  @nested(() => WebhookAmount)
  readonly limit!: WebhookAmount;
  @nested(() => WebhookAmount)
  readonly spent!: WebhookAmount;
}

export class EarningRecordedData {
  @id()
  readonly earningId!: string;
  @oneOf(EARNING_KINDS)
  readonly kind!: (typeof EARNING_KINDS)[number];
  @flag()
  readonly simulated!: boolean;
  @nested(() => WebhookAmount)
  readonly gross!: WebhookAmount;
  /** Hundredths of a percent. */
  @count()
  readonly feeBps!: number;
  @nested(() => WebhookAmount)
  readonly fee!: WebhookAmount;
  @nested(() => WebhookAmount)
  readonly net!: WebhookAmount;
  @time()
  readonly reserveUntil!: string;
}

export class PayoutCreatedData {
  @id()
  readonly payoutId!: string;
  @oneOf(PAYOUT_RAILS)
  readonly rail!: (typeof PAYOUT_RAILS)[number];
  @nested(() => WebhookAmount)
  readonly gross!: WebhookAmount;
  @nested(() => WebhookAmount)
  readonly withdrawalFee!: WebhookAmount;
  @nested(() => WebhookAmount)
  readonly net!: WebhookAmount;
}

export class PayoutPaidData {
  @id()
  readonly payoutId!: string;
  @words()
  readonly reference!: string;
  @nested(() => WebhookAmount)
  readonly net!: WebhookAmount;
  @list(POSTINGS_SHOWN_MAX, () => WebhookPosting)
  readonly journal!: readonly WebhookPosting[];
}

/** Of `payout.failed`, and of `payout.returned`, where the bank sent it back. */
export class PayoutFailedData {
  @id()
  readonly payoutId!: string;
  @words(1024)
  readonly reason!: string;
  /** What the owner has again. */
  @nested(() => WebhookAmount)
  readonly amount!: WebhookAmount;
  @list(POSTINGS_SHOWN_MAX, () => WebhookPosting)
  readonly journal!: readonly WebhookPosting[];
}

export class DisputeOpenedData {
  @id()
  readonly disputeId!: string;
  @id()
  readonly earningId!: string;
  @flag()
  readonly simulated!: boolean;
  /** Held until it is decided. */
  @nested(() => WebhookAmount)
  readonly amount!: WebhookAmount;
  @words(1024)
  readonly reason!: string;
}

export class DisputeResolvedData {
  @id()
  readonly disputeId!: string;
  @id()
  readonly earningId!: string;
  @flag()
  readonly simulated!: boolean;
  @oneOf(DISPUTE_OUTCOMES)
  readonly outcome!: (typeof DISPUTE_OUTCOMES)[number];
  /** Taken from the owner. */
  @nested(() => WebhookAmount)
  readonly net!: WebhookAmount;
}

export class PriceChangedData {
  @id()
  readonly priceListId!: string;
  @count(1)
  readonly version!: number;
  @time()
  readonly effectiveFrom!: string;
  @count()
  readonly entryCount!: number;
}

export class QuoteIssuedData {
  @id()
  readonly quoteId!: string;
  @id()
  readonly project!: string;
  @time()
  readonly expiresAt!: string;
  /** For how long the price holds once accepted. */
  @count(1)
  readonly holdsSeconds!: number;
}

export class QuoteAcceptedData {
  @id()
  readonly quoteId!: string;
  @time()
  readonly from!: string;
  @time()
  readonly to!: string;
}

export class CampaignStoppedData {
  @id()
  readonly campaignId!: string;
  @words(1024)
  readonly reason!: string;
}
