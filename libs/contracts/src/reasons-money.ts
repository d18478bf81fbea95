import type { Reason } from './reason';

/** Reasons of billing; part of `REASONS`. */
export const MONEY_REASONS = {
  // Money
  BudgetExceeded: {
    message: 'The budget does not cover the hold for this job.',
    hint: 'Raise it with `solyx budget set`, or lower limits.',
  },
  BudgetsFull: { message: 'There are as many budgets as there may be.', hint: 'Remove one that nobody needs.' },
  InsufficientCredit: {
    message: 'What was paid in advance does not cover the hold for this job.',
    hint: 'Top up with `solyx wallet top-up`, or lower limits.',
  },
  AmountNotPositive: { message: 'The amount is not greater than 0.', hint: 'Name an amount greater than 0.' },
  ExpiryPast: { message: 'It would have expired already.', hint: 'Name a time that is still to come.' },
  CreditsFull: {
    message: 'The wallet has as many credits as it may have at once.',
    hint: 'Wait until some are spent or expire, or give fewer, larger ones.',
  },
  PaymentUnconfirmed: {
    message: 'Nobody vouches for this payment yet.',
    hint: 'An operator confirms it with the same reference once the money is there; `--simulated` needs nobody.',
  },
  PaymentKnown: {
    message: 'A payment with this reference was booked before.',
    hint: 'Look at `solyx wallet`; name another payment.',
  },
  OutageUnproven: {
    message: 'An event that was named is not there, or shows no outage.',
    hint: 'Name stream and revision of events such as drm.node.lost or cmo.job.evicted.',
  },
  OutageCredited: { message: 'This outage was made up for before.', hint: 'Name only events that were not.' },
  LedgerBroken: {
    message: 'It would leave the ledger out of balance.',
    hint: 'Report the correlation id to the operator: this must not happen.',
  },
  HoldUnknown: { message: 'No money is held for this.', hint: 'Check the id.' },
  UsageConflict: {
    message: 'This usage id is taken by other usage.',
    hint: 'Send a repeat as it was sent first; give other usage an id of its own.',
  },
  UsageInvalid: {
    message: 'The usage contradicts itself.',
    hint: 'Correct what `fault` names and send it again.',
  },
  UsageTooOld: {
    message: 'The period of this usage was closed too long ago.',
    hint: 'Ask for a credit note, or to be billed for it by hand.',
  },
  UsageOutOfOrder: {
    message: 'Earlier usage of this meter is not charged yet.',
    hint: 'It is tried again when that is charged.',
  },
  MeterDayFull: {
    message: 'This meter has as much usage for one day as it may have.',
    hint: 'Report in larger quantities, or by more meters.',
  },
  PeriodOpen: { message: 'The grace of this period is not over.', hint: 'It closes by itself at `closesAt`.' },
  PeriodMetering: {
    message: 'Meters of this period are still to be read.',
    hint: 'It closes by itself when they are; see `solyx doctor` for the oldest usage that is not charged.',
  },
  TimeZoneUnknown: { message: 'There is no such time zone.', hint: 'Name one of the IANA database: Europe/Berlin.' },
  TimeZoneInUse: {
    message: 'The account was charged in periods of its time zone, which therefore stays.',
    hint: 'Register another organization to be billed in another time zone.',
  },
  CommitmentUnknown: { message: 'There is no such commitment.', hint: 'Check the id.' },
  LimitReached: { message: 'There are as many of these as there may be.', hint: 'End or remove one first.' },
  UsageUnknown: { message: 'This usage was never opened.', hint: 'It is tried again when the opening arrives.' },
  NoPrice: { message: 'The price list has no entry for this.', hint: 'Publish a price list that covers it.' },
  PriceInvalid: {
    message: 'A price of the book makes no sense.',
    hint: 'Correct the entry named, and publish it again.',
  },
  RerateStale: {
    message: 'Something was charged while the period was rated again.',
    hint: 'It is rated again by itself.',
  },
  QuoteUnknown: { message: 'There is no such quote.', hint: 'Ask for a price again with `solyx quote`.' },
  QuoteExpired: { message: 'The price was not taken in time.', hint: 'Ask for a price again with `solyx quote`.' },
  PriceListStale: { message: 'A newer price list is in force.', hint: 'Publish with a later version.' },
  // Invoices
  InvoiceUnknown: { message: 'There is no such invoice.', hint: 'List invoices with `solyx invoice list`.' },
  InvoiceNotIssued: {
    message: 'The invoice is a draft: it has no number yet.',
    hint: 'Wait until its period and the grace after it are over.',
  },
  InvoiceVoided: { message: 'The invoice was voided and counts for nothing.', hint: 'Nothing to do.' },
  InvoiceSettled: {
    message: 'Money was paid or credited on the invoice already.',
    hint: 'Give back what is wrong with a credit note.',
  },
  InvoiceTooLarge: {
    message: 'The period has more lines than one invoice holds.',
    hint: 'Use fewer projects, or merge the SKUs of the price book.',
  },
  PaymentExceedsInvoice: {
    message: 'More would be paid than is outstanding.',
    hint: 'Record what the invoice asks for; top up the wallet with the rest.',
  },
  CreditExceedsInvoice: {
    message: 'More would be given back than is left of the line.',
    hint: 'Look at the invoice for what of each line was credited.',
  },
  WalletTooLow: { message: 'The wallet does not hold as much.', hint: 'Top it up, or pay by transfer.' },
  DocumentUnknown: { message: 'There is no such document.', hint: 'List invoices with `solyx invoice list`.' },
  LegalEntityUnknown: {
    message: 'No such legal entity issues documents.',
    hint: 'Register it first with `solyx invoice entity`.',
  },
  LegalEntityFixed: {
    message: 'The series of numbers of a legal entity cannot be changed once it has issued.',
    hint: 'Register another legal entity.',
  },
  // Payouts, advertisements and assets
  FeeOutOfBounds: { message: 'The platform fee is between 2 % and 5 %.', hint: 'Choose a fee within these bounds.' },
  IdentityUnverified: {
    message: 'Nobody has checked yet who is to be paid.',
    hint: 'Ask for it with `solyx payout identity`; nothing is lost meanwhile.',
  },
  PayoutAccountMissing: {
    message: 'No account is named that money could go to.',
    hint: 'Name one with `solyx payout account`.',
  },
  RailNotConfigured: {
    message: 'This installation has no such way to pay.',
    hint: 'Choose another rail with `solyx payout account`.',
  },
  BelowThreshold: {
    message: 'What may be paid out is less than the threshold.',
    hint: 'Wait: earnings leave the reserve after the dispute window; see `solyx earnings`.',
  },
  PayoutUnknown: { message: 'There is no such payout.', hint: 'List payouts with `solyx payout list`.' },
  PayoutEnded: { message: 'The payout has ended otherwise.', hint: 'Look at it with `solyx payout list`.' },
  EarningUnknown: {
    message: 'No owner earned anything with this charge.',
    hint: 'Only charges of shared GPUs can be disputed; ask for a credit note for others.',
  },
  EarningDisputed: { message: 'The charge is disputed already.', hint: 'Wait for the decision.' },
  DisputeWindowClosed: {
    message: 'The dispute window of seven days has passed.',
    hint: 'Ask for a credit note instead.',
  },
  DisputeUnknown: { message: 'There is no such dispute.', hint: 'List earnings with `solyx earnings`.' },
  DisputeResolved: { message: 'The dispute was decided otherwise.', hint: 'A decision stands; give a credit instead.' },
  RefundTooLarge: { message: 'More would be refunded than was paid.', hint: 'Refund at most what was charged.' },
  CampaignUnknown: { message: 'There is no such campaign.', hint: 'List campaigns with `solyx campaign`.' },
  CampaignOver: { message: 'The campaign has ended.', hint: 'Create another one.' },
  CampaignTermsInvalid: {
    message: 'The budget, the rate or the times of the campaign make no sense.',
    hint: 'Budget and rate are above zero, and it ends after it starts.',
  },
  CampaignTaken: { message: 'The campaign belongs to another organization.', hint: 'Choose another id.' },
  TreeForked: {
    message: 'The log no longer begins as the last signed head says.',
    hint: 'Stop writing, keep the database as it is, and see docs/runbooks/reconciliation-differs.md.',
  },
} as const satisfies Record<string, Reason>;
