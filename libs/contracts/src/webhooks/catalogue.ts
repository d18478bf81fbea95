import * as invoices from './payload-invoices';
import * as money from './payload-money';
import * as work from './payload-work';

/** One public event: a stable name for what may be called otherwise inside. */
export interface PublicEventType {
  /** Raised when a field goes or means something else; a new field alone does not raise it. */
  readonly version: number;
  readonly about: string;
  /** Kind of the resource that its sequence counts. */
  readonly resource: string;
  /** Facts of the log that it is made of. */
  readonly from: readonly string[];
  /** Class of `data`. */
  readonly data: new () => object;
}

const one = (
  resource: string,
  from: string | readonly string[],
  data: new () => object,
  about: string,
): PublicEventType => ({ version: 1, about, resource, from: typeof from === 'string' ? [from] : from, data });

/** Every public event. Names and fields are API: they are added to, never changed. */
export const PUBLIC_EVENTS = {
  'invoice.drafted': one(
    'invoice',
    'billing.invoice.drafted',
    invoices.InvoiceDraftedData,
    'What was used in a period is on an invoice that has no number yet.',
  ),
  'invoice.finalized': one(
    'invoice',
    'billing.invoice.finalised',
    invoices.InvoiceFinalizedData,
    'The invoice is issued, with its number; it never changes again.',
  ),
  'invoice.paid': one(
    'invoice',
    'billing.invoice.paid',
    invoices.InvoicePaidData,
    'Money came in for an invoice; it is settled where nothing is outstanding.',
  ),
  'invoice.voided': one(
    'invoice',
    'billing.invoice.voided',
    invoices.InvoiceVoidedData,
    'The invoice counts for nothing; it keeps its number.',
  ),
  'credit_note.issued': one(
    'credit_note',
    'billing.creditNote.issued',
    invoices.CreditNoteIssuedData,
    'A part of an invoice is not owed, or is given back.',
  ),
  'charge.posted': one(
    'account',
    'billing.account.charge-posted',
    money.ChargePostedData,
    'Usage was rated and posted.',
  ),
  'usage.corrected': one(
    'account',
    'billing.account.charge-posted',
    money.ChargePostedData,
    'Usage of a period whose invoice is issued was corrected, in the current period.',
  ),
  'credit.granted': one(
    'wallet',
    ['billing.wallet.credit-granted', 'billing.wallet.sla-credited', 'billing.wallet.topped-up'],
    money.CreditGrantedData,
    'There is more to spend: a credit, a compensation, or money paid in.',
  ),
  'credit.expired': one(
    'wallet',
    'billing.wallet.credit-expired',
    money.CreditExpiredData,
    'What was not used of a credit in time is gone.',
  ),
  'credit.low': one('wallet', 'billing.wallet.low', money.CreditLowData, 'Less than the mark is left.'),
  'credit.exhausted': one('wallet', 'billing.wallet.exhausted', money.CreditExhaustedData, 'Nothing is left.'),
  'budget.threshold_reached': one(
    'budget',
    'billing.budget.threshold-reached',
    money.BudgetThresholdReachedData,
    'So many percent of a budget are spent; at 100 nothing more is admitted.',
  ),
  'earning.recorded': one(
    'provider',
    'billing.provider.earned',
    money.EarningRecordedData,
    'Shared capacity or an ad space earned money.',
  ),
  'dispute.opened': one(
    'provider',
    'billing.provider.disputed',
    money.DisputeOpenedData,
    'A customer disputes a charge; what it earned stays in the reserve.',
  ),
  'dispute.resolved': one(
    'provider',
    'billing.provider.dispute-resolved',
    money.DisputeResolvedData,
    'The dispute was decided.',
  ),
  'payout.created': one('payout', 'billing.payout.created', money.PayoutCreatedData, 'A payout stands.'),
  'payout.paid': one('payout', 'billing.payout.paid', money.PayoutPaidData, 'The rail says that the money arrived.'),
  'payout.failed': one(
    'payout',
    'billing.payout.failed',
    money.PayoutFailedData,
    'The rail did not pay; the owner has all of it again.',
  ),
  'payout.returned': one(
    'payout',
    'billing.payout.returned',
    money.PayoutFailedData,
    'The money came back after it was paid.',
  ),
  'price.changed': one(
    'price_list',
    'billing.priceList.published',
    money.PriceChangedData,
    'A price list was published. Sent to everybody who asks for it.',
  ),
  'quote.issued': one('quote', 'billing.quote.issued', money.QuoteIssuedData, 'A price was offered, and for how long.'),
  'quote.accepted': one(
    'quote',
    'billing.quote.accepted',
    money.QuoteAcceptedData,
    'The price is frozen for what starts while it holds.',
  ),
  'campaign.paused': one(
    'campaign',
    'billing.campaign.paused',
    money.CampaignStoppedData,
    'The campaign is not shown until it is resumed.',
  ),
  'campaign.ended': one(
    'campaign',
    'billing.campaign.ended',
    money.CampaignStoppedData,
    'The campaign shows nothing more.',
  ),
  'job.queued': one('job', 'cmo.job.queued', work.JobQueuedData, 'The job is accepted.'),
  'job.running': one('job', 'cmo.job.running', work.JobProgressData, 'Every rank runs.'),
  'job.evicted': one('job', 'cmo.job.evicted', work.JobEndedData, 'The attempt lost its GPUs.'),
  'job.succeeded': one('job', 'cmo.job.succeeded', work.JobProgressData, 'Every rank ended with exit code 0.'),
  'job.failed': one(
    'job',
    'cmo.job.failed',
    work.JobFailedData,
    'The job ended without success and is not tried again.',
  ),
  'job.cancelled': one('job', 'cmo.job.cancelled', work.JobEndedData, 'The job ended because someone asked for it.'),
  'lease.activated': one(
    'lease',
    'drm.lease.activated',
    work.LeaseActivatedData,
    'A leased node is up. Of the operator alone.',
  ),
  'lease.ended': one(
    'lease',
    'drm.lease.released',
    work.LeaseEndedData,
    'A leased node went back to its lessor. Of the operator alone.',
  ),
  'webhook.endpoint_failing': one(
    'webhook',
    'billing.webhook.failing',
    work.WebhookEndpointFailingData,
    'Nothing arrives at an endpoint of yours; sent to your others.',
  ),
  'webhook.endpoint_disabled': one(
    'webhook',
    'billing.webhook.disabled',
    work.WebhookEndpointDisabledData,
    'An endpoint of yours is sent nothing more; sent to your others.',
  ),
  'webhook.test': one(
    'webhook',
    'billing.webhook.test-ordered',
    work.WebhookTestData,
    'Someone asked for a test. Sent to that endpoint whatever it chose.',
  ),
} as const satisfies Readonly<Record<string, PublicEventType>>;

export type PublicEventName = keyof typeof PUBLIC_EVENTS;

export const PUBLIC_EVENT_NAMES = Object.keys(PUBLIC_EVENTS) as readonly PublicEventName[];
