import type { Posting, TaxLine, WebhookAmount, WebhookParty, WebhookPosting, WebhookTax } from '@solyx/contracts';
import { POSTINGS_SHOWN_MAX, TAXES_SHOWN_MAX } from '@solyx/contracts';
import type {
  BudgetThresholdReached,
  CampaignEnded,
  CampaignPaused,
  ChargePosted,
  CreditNoteIssued,
  InvoiceDrafted,
  InvoiceFinalised,
  InvoicePaid,
  InvoiceVoided,
  PayoutCreated,
  PayoutFailed,
  PayoutPaid,
  PayoutReturned,
  PriceListPublished,
  ProviderDisputed,
  ProviderDisputeResolved,
  ProviderEarned,
  QuoteAccepted,
  QuoteIssued,
  WalletCreditExpired,
  WalletCreditGranted,
  WalletExhausted,
  WalletLow,
  WalletSlaCredited,
  WalletToppedUp,
} from '@solyx/contracts/billing';
import { MICRO_PER_UNIT } from '@solyx/kernel';
import { saying, type Saying } from './saying';

const DIGITS = 6;

/** Micro-units as a decimal: `-1234567` is `-1.234567`. */
export function decimalOf(micro: string): string {
  const amount = BigInt(micro);
  const absolute = amount < 0n ? -amount : amount;
  const fraction = (absolute % MICRO_PER_UNIT).toString().padStart(DIGITS, '0');
  return `${amount < 0n ? '-' : ''}${absolute / MICRO_PER_UNIT}.${fraction}`;
}

const usd = (micro: string): WebhookAmount => ({ currency: 'USD', micro, decimal: decimalOf(micro) });

const journalOf = (postings: readonly Posting[]): readonly WebhookPosting[] =>
  postings
    .slice(0, POSTINGS_SHOWN_MAX)
    .map(({ account, amountMicroUsd }) => ({ account, amount: usd(amountMicroUsd) }));

const taxesOf = (taxes: readonly TaxLine[]): readonly WebhookTax[] =>
  taxes.slice(0, TAXES_SHOWN_MAX).map(({ name, jurisdiction, ratePpm, taxableMicroUsd, amountMicroUsd }) => ({
    name: name.slice(0, 256),
    jurisdiction: jurisdiction.slice(0, 256),
    ratePpm,
    taxable: usd(taxableMicroUsd),
    amount: usd(amountMicroUsd),
  }));

const partyOf = ({
  name,
  country,
  taxId,
}: {
  readonly name: string;
  readonly country?: string;
  readonly taxId?: string;
}): WebhookParty => ({
  name: name.slice(0, 256),
  ...(country === undefined ? {} : { country }),
  ...(taxId === undefined ? {} : { taxId }),
});

const drafted = (data: InvoiceDrafted['data']): Saying => {
  const { invoiceId, simulated, period, zone, from, to, legalEntityId, billTo, costCentre, lineCount } = data;
  const sums = { subtotal: usd(data.subtotalMicroUsd), list: usd(data.listMicroUsd) };
  const known = { invoiceId, simulated, period, zone, from, to, legalEntityId, costCentre, lineCount };
  return saying('invoice.drafted', data.at, { ...known, billTo: partyOf(billTo), ...sums });
};

const finalised = (data: InvoiceFinalised['data']): Saying => {
  const { invoiceId, simulated, number, period, legalEntityId, issuedAt, dueAt, contentHash } = data;
  return saying('invoice.finalized', data.at, {
    ...{ invoiceId, simulated, number, period, legalEntityId, issuer: partyOf(data.issuer) },
    ...{ subtotal: usd(data.subtotalMicroUsd), tax: usd(data.taxMicroUsd), credit: usd(data.creditMicroUsd) },
    ...{ total: usd(data.totalMicroUsd), taxes: taxesOf(data.taxes), journal: journalOf(data.postings) },
    ...{ issuedAt, dueAt, contentHash },
  });
};

const paid = (data: InvoicePaid['data']): Saying => {
  const { invoiceId, simulated, paymentId, method, reference } = data;
  return saying('invoice.paid', data.at, {
    ...{ invoiceId, simulated, paymentId, method, reference: reference.slice(0, 256) },
    ...{ amount: usd(data.amountMicroUsd), outstanding: usd(data.outstandingMicroUsd) },
    journal: journalOf(data.postings),
  });
};

const voided = ({ invoiceId, simulated, note, totalMicroUsd, postings, at }: InvoiceVoided['data']): Saying =>
  saying('invoice.voided', at, {
    ...{ invoiceId, simulated, note, total: usd(totalMicroUsd), journal: journalOf(postings) },
  });

const credited = (data: CreditNoteIssued['data']): Saying => {
  const { creditNoteId, invoiceId, invoiceNumber, simulated, number, period, legalEntityId, note } = data;
  return saying('credit_note.issued', data.at, {
    ...{ creditNoteId, invoiceId, invoiceNumber, simulated, number, period, legalEntityId, note },
    ...{ subtotal: usd(data.subtotalMicroUsd), tax: usd(data.taxMicroUsd), total: usd(data.totalMicroUsd) },
    ...{ taxes: taxesOf(data.taxes), journal: journalOf(data.postings) },
    ...{ issuedAt: data.issuedAt, contentHash: data.contentHash },
  });
};

const charged = (data: ChargePosted['data']): Saying => {
  const { chargeId, project, resource, period, correctsPeriod, lines } = data;
  return saying(correctsPeriod === undefined ? 'charge.posted' : 'usage.corrected', data.at, {
    ...{ chargeId, project, chargedFor: resource.kind, chargedForId: resource.id, period },
    ...(correctsPeriod === undefined ? {} : { correctsPeriod }),
    // A charge is all of one kind: rehearsals and money are never on one.
    ...{ simulated: lines.some(({ simulated }) => simulated), lineCount: lines.length },
    ...{ total: usd(data.totalMicroUsd), journal: journalOf(data.postings) },
  });
};

const granted = ({
  grantId,
  kind,
  simulated,
  amountMicroUsd,
  expiresAt,
  note,
  at,
}: Omit<WalletCreditGranted['data'], 'kind' | 'priority' | 'categories' | 'projects' | 'postings'> & {
  readonly kind: string;
}): Saying =>
  saying('credit.granted', at, {
    ...{ grantId, kind, simulated, amount: usd(amountMicroUsd), note },
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });

const thresholdReached = (data: BudgetThresholdReached['data']): Saying => {
  const { scope, period, periodKey, thresholdPercent, limitMicroUsd, spentMicroUsd, at } = data;
  return saying('budget.threshold_reached', at, {
    ...{ scope: scope.kind, scopeId: scope.id, period, periodKey, thresholdPercent },
    ...{ limit: usd(limitMicroUsd), spent: usd(spentMicroUsd) },
  });
};

const earned = (data: ProviderEarned['data']): Saying => {
  const { earningId, kind, simulated, feeBps, reserveUntil, at } = data;
  const sums = { gross: usd(data.grossMicroUsd), fee: usd(data.feeMicroUsd), net: usd(data.netMicroUsd) };
  return saying('earning.recorded', at, { earningId, kind, simulated, feeBps, reserveUntil, ...sums });
};

const priced = ({ priceListId, version, effectiveFrom, entries, at }: PriceListPublished['data']): Saying => ({
  ...saying('price.changed', at, { priceListId, version, effectiveFrom, entryCount: entries.length }),
  forEveryone: true,
});

/** What facts about money say to those outside, by the type of the fact. */
export const MONEY_EVENTS = {
  'billing.invoice.drafted': drafted,
  'billing.invoice.finalised': finalised,
  'billing.invoice.paid': paid,
  'billing.invoice.voided': voided,
  'billing.creditNote.issued': credited,
  'billing.account.charge-posted': charged,
  'billing.wallet.credit-granted': (data: WalletCreditGranted['data']) => granted(data),
  'billing.wallet.sla-credited': (data: WalletSlaCredited['data']) => granted({ ...data, kind: 'sla' }),
  'billing.wallet.topped-up': (data: WalletToppedUp['data']) =>
    granted({ ...data, kind: 'topped-up', note: data.reference }),
  'billing.wallet.credit-expired': ({ grantId, simulated, ...data }: WalletCreditExpired['data']) =>
    saying('credit.expired', data.at, { grantId, simulated, amount: usd(data.amountMicroUsd) }),
  'billing.wallet.low': ({ simulated, at, ...data }: WalletLow['data']) =>
    saying('credit.low', at, {
      ...{ simulated, available: usd(data.availableMicroUsd), lowBelow: usd(data.lowBelowMicroUsd) },
    }),
  'billing.wallet.exhausted': ({ simulated, at }: WalletExhausted['data']) =>
    saying('credit.exhausted', at, { simulated }),
  'billing.budget.threshold-reached': thresholdReached,
  'billing.provider.earned': earned,
  'billing.provider.disputed': ({ disputeId, earningId, simulated, ...data }: ProviderDisputed['data']) =>
    saying('dispute.opened', data.at, {
      ...{ disputeId, earningId, simulated, amount: usd(data.amountMicroUsd), reason: data.reason },
    }),
  'billing.provider.dispute-resolved': (data: ProviderDisputeResolved['data']) => {
    const { disputeId, earningId, simulated, outcome, netMicroUsd, at } = data;
    return saying('dispute.resolved', at, {
      ...{ disputeId, earningId, simulated, outcome, net: usd(netMicroUsd) },
    });
  },
  'billing.payout.created': (data: PayoutCreated['data']) => {
    const { payoutId, rail, at } = data;
    const sums = { gross: usd(data.grossMicroUsd), withdrawalFee: usd(data.withdrawalFeeMicroUsd) };
    return saying('payout.created', at, { payoutId, rail, ...sums, net: usd(data.netMicroUsd) });
  },
  'billing.payout.paid': ({ payoutId, reference, netMicroUsd, postings, at }: PayoutPaid['data']) =>
    saying('payout.paid', at, {
      ...{ payoutId, reference: reference.slice(0, 256), net: usd(netMicroUsd), journal: journalOf(postings) },
    }),
  'billing.payout.failed': ({ payoutId, reason, grossMicroUsd, postings, at }: PayoutFailed['data']) =>
    saying('payout.failed', at, {
      ...{ payoutId, reason, amount: usd(grossMicroUsd), journal: journalOf(postings) },
    }),
  'billing.payout.returned': ({ payoutId, reason, netMicroUsd, postings, at }: PayoutReturned['data']) =>
    saying('payout.returned', at, {
      ...{ payoutId, reason, amount: usd(netMicroUsd), journal: journalOf(postings) },
    }),
  'billing.priceList.published': priced,
  'billing.quote.issued': ({ quoteId, subject, expiresAt, holdsSeconds, at }: QuoteIssued['data']) =>
    saying('quote.issued', at, { quoteId, project: subject.project, expiresAt, holdsSeconds }),
  'billing.quote.accepted': ({ quoteId, from, to, at }: QuoteAccepted['data']) =>
    saying('quote.accepted', at, { quoteId, from, to }),
  'billing.campaign.paused': ({ campaignId, reason, at }: CampaignPaused['data']) =>
    saying('campaign.paused', at, { campaignId, reason }),
  'billing.campaign.ended': ({ campaignId, reason, at }: CampaignEnded['data']) =>
    saying('campaign.ended', at, { campaignId, reason }),
};
