import { PAYMENT_METHODS, PAYOUT_RAILS, EARNING_KINDS, DISPUTE_OUTCOMES, BUDGET_PERIODS, CURRENCIES } from '../values';
import { count, decimal, flag, id, integer, list, maybe, nested, oneOf, time, words } from './payload-rules';

/** Money twice, so that nobody has to calculate: whole millionths, and the same as a decimal. */
export class WebhookAmount {
  @oneOf(CURRENCIES)
  readonly currency!: (typeof CURRENCIES)[number];
  /** Millionths of the currency. */
  @integer()
  readonly micro!: string;
  @decimal()
  readonly decimal!: string;
}

/** One side of the journal entry that belongs to the event. Debits positive, credits negative; they sum to zero. */
export class WebhookPosting {
  /** General ledger account, `receivable`, `revenue:gpu:owned` …; `simulated:` before it for a rehearsal. */
  @id()
  readonly account!: string;
  @nested(() => WebhookAmount)
  readonly amount!: WebhookAmount;
}

export class WebhookTax {
  @words()
  readonly name!: string;
  @words()
  readonly jurisdiction!: string;
  /** Millionths of the taxable amount. */
  @count()
  readonly ratePpm!: number;
  @nested(() => WebhookAmount)
  readonly taxable!: WebhookAmount;
  @nested(() => WebhookAmount)
  readonly amount!: WebhookAmount;
}

export class WebhookParty {
  @words()
  readonly name!: string;
  @maybe()
  @words(64)
  readonly country?: string;
  @maybe()
  @words(128)
  readonly taxId?: string;
}

/** Postings and taxes that a payload shows; what is more is on the document. */
export const POSTINGS_SHOWN_MAX = 24;
export const TAXES_SHOWN_MAX = 8;

/** What every payload about an invoice says. */
export class InvoiceData {
  @words(300)
  readonly invoiceId!: string;
  /** Nothing of a rehearsal is owed. */
  @flag()
  readonly simulated!: boolean;
}

export class InvoiceDraftedData extends InvoiceData {
  /** `2026-01`, by the calendar of the account. */
  @words(16)
  readonly period!: string;
  @words(64)
  readonly zone!: string;
  @time()
  readonly from!: string;
  @time()
  readonly to!: string;
  @id()
  readonly legalEntityId!: string;
  @nested(() => WebhookParty)
  readonly billTo!: WebhookParty;
  @words(128)
  readonly costCentre!: string;
  @count()
  readonly lineCount!: number;
  @nested(() => WebhookAmount)
  readonly subtotal!: WebhookAmount;
  @nested(() => WebhookAmount)
  readonly list!: WebhookAmount;
}

export class InvoiceFinalizedData extends InvoiceData {
  @id()
  readonly number!: string;
  @words(16)
  readonly period!: string;
  @id()
  readonly legalEntityId!: string;
  @nested(() => WebhookParty)
  readonly issuer!: WebhookParty;
  @nested(() => WebhookAmount)
  readonly subtotal!: WebhookAmount;
  @nested(() => WebhookAmount)
  readonly tax!: WebhookAmount;
  /** Paid by credits. */
  @nested(() => WebhookAmount)
  readonly credit!: WebhookAmount;
  /** To be paid. */
  @nested(() => WebhookAmount)
  readonly total!: WebhookAmount;
  @list(TAXES_SHOWN_MAX, () => WebhookTax)
  readonly taxes!: readonly WebhookTax[];
  @list(POSTINGS_SHOWN_MAX, () => WebhookPosting)
  readonly journal!: readonly WebhookPosting[];
  @time()
  readonly issuedAt!: string;
  @time()
  readonly dueAt!: string;
  /** SHA3-256 of all that the document says. */
  @id()
  readonly contentHash!: string;
}

export class InvoicePaidData extends InvoiceData {
  @id()
  readonly paymentId!: string;
  @oneOf(PAYMENT_METHODS)
  readonly method!: (typeof PAYMENT_METHODS)[number];
  @words()
  readonly reference!: string;
  @nested(() => WebhookAmount)
  readonly amount!: WebhookAmount;
  @nested(() => WebhookAmount)
  readonly outstanding!: WebhookAmount;
  @list(POSTINGS_SHOWN_MAX, () => WebhookPosting)
  readonly journal!: readonly WebhookPosting[];
}

export class InvoiceVoidedData extends InvoiceData {
  @words(512)
  readonly note!: string;
  @nested(() => WebhookAmount)
  readonly total!: WebhookAmount;
  @list(POSTINGS_SHOWN_MAX, () => WebhookPosting)
  readonly journal!: readonly WebhookPosting[];
}

export class CreditNoteIssuedData extends InvoiceData {
  @words(300)
  readonly creditNoteId!: string;
  @id()
  readonly number!: string;
  /** Of the invoice that it corrects. */
  @id()
  readonly invoiceNumber!: string;
  @words(16)
  readonly period!: string;
  @id()
  readonly legalEntityId!: string;
  @words(512)
  readonly note!: string;
  @nested(() => WebhookAmount)
  readonly subtotal!: WebhookAmount;
  @nested(() => WebhookAmount)
  readonly tax!: WebhookAmount;
  @nested(() => WebhookAmount)
  readonly total!: WebhookAmount;
  @list(TAXES_SHOWN_MAX, () => WebhookTax)
  readonly taxes!: readonly WebhookTax[];
  @list(POSTINGS_SHOWN_MAX, () => WebhookPosting)
  readonly journal!: readonly WebhookPosting[];
  @time()
  readonly issuedAt!: string;
  @id()
  readonly contentHash!: string;
}

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
