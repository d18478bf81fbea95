import type { Recorded } from '@solyx/kernel';
import type { AppliedCredit, CreditNoteLine, InvoiceLine, Party, TaxLine } from '@solyx/contracts';
import type {
  CreditNoteIssued,
  InvoiceCredited,
  InvoiceDrafted,
  InvoiceFinalised,
  InvoiceLinesListed,
  InvoicePaid,
  InvoiceVoided,
} from '@solyx/contracts/billing';
import { defineProjection } from '@solyx/eventing';

export interface InvoiceRow {
  readonly id: string;
  readonly organizationId: string;
  readonly period: string;
  readonly phase: 'Draft' | 'Finalised' | 'Paid' | 'Void';
  readonly simulated: boolean;
  readonly number: string | null;
  readonly zone: string;
  readonly from: string;
  readonly to: string;
  readonly billTo: Party | null;
  readonly issuer: Party | null;
  readonly lineCount: number;
  readonly taxes: readonly TaxLine[];
  readonly credits: readonly AppliedCredit[];
  readonly subtotalMicroUsd: string;
  readonly taxMicroUsd: string;
  readonly creditMicroUsd: string;
  readonly totalMicroUsd: string;
  readonly outstandingMicroUsd: string;
  readonly contentHash: string | null;
  readonly issuedAt: string | null;
  readonly dueAt: string | null;
  readonly paidAt: string | null;
  readonly position: string;
}

type InvoiceEvent = InvoiceDrafted | InvoiceFinalised | InvoicePaid | InvoiceVoided | InvoiceCredited;

const settled = (outstandingMicroUsd: string): boolean => BigInt(outstandingMicroUsd) <= 0n;

/** Invoices, drafts too, as they are shown. */
export const gatewayInvoice = defineProjection<InvoiceEvent, InvoiceRow>({
  name: 'gateway_invoice',
  version: 1,
  key: ({ data }) => data.invoiceId,
  organization: ({ data }) => data.organizationId,
  indexes: ['period', 'phase'],
  initial: {
    ...{ id: '', organizationId: '', period: '', phase: 'Draft', simulated: false, number: null, zone: 'UTC' },
    ...{ from: '', to: '', billTo: null, issuer: null, lineCount: 0, taxes: [], credits: [], subtotalMicroUsd: '0' },
    ...{ taxMicroUsd: '0', creditMicroUsd: '0', totalMicroUsd: '0', outstandingMicroUsd: '0', contentHash: null },
    ...{ issuedAt: null, dueAt: null, paidAt: null, position: '0' },
  },
  on: {
    'billing.invoice.drafted': (row, data, { position }) => ({
      ...row,
      ...{ id: data.invoiceId, organizationId: data.organizationId, period: data.period, phase: 'Draft' },
      ...{ simulated: data.simulated, zone: data.zone, from: data.from, to: data.to, billTo: data.billTo },
      ...{ lineCount: data.lineCount, subtotalMicroUsd: data.subtotalMicroUsd, totalMicroUsd: data.subtotalMicroUsd },
      position: String(position),
    }),
    'billing.invoice.finalised': (row, data, { position }) => ({
      ...row,
      ...{ phase: settled(data.totalMicroUsd) ? 'Paid' : 'Finalised', number: data.number, issuer: data.issuer },
      ...{ taxes: data.taxes, credits: data.credits, subtotalMicroUsd: data.subtotalMicroUsd },
      ...{ taxMicroUsd: data.taxMicroUsd, creditMicroUsd: data.creditMicroUsd, totalMicroUsd: data.totalMicroUsd },
      ...{ outstandingMicroUsd: data.totalMicroUsd, contentHash: data.contentHash, issuedAt: data.issuedAt },
      ...{ dueAt: data.dueAt, position: String(position) },
    }),
    'billing.invoice.paid': (row, { outstandingMicroUsd, at }, { position }) => ({
      ...row,
      ...{ phase: settled(outstandingMicroUsd) ? 'Paid' : row.phase, outstandingMicroUsd },
      ...{ paidAt: settled(outstandingMicroUsd) ? at : row.paidAt, position: String(position) },
    }),
    'billing.invoice.credited': (row, { outstandingMicroUsd }, { position }) => ({
      ...row,
      ...{ phase: settled(outstandingMicroUsd) ? 'Paid' : row.phase, outstandingMicroUsd, position: String(position) },
    }),
    'billing.invoice.voided': (row, _data, { position }) => ({
      ...row,
      ...{ phase: 'Void', outstandingMicroUsd: '0', position: String(position) },
    }),
  },
});

export interface InvoiceLineRow extends InvoiceLine {
  readonly id: string;
  readonly invoiceId: string;
  readonly organizationId: string;
}

const lineId = (invoiceId: string, lineKey: string): string => `${invoiceId}/${lineKey}`;
const noLine: InvoiceLine = {
  ...{ lineKey: '', kind: 'gpu', description: '', project: '', source: 'owned', skuId: '', pricing: '', quality: '' },
  ...{ quantity: '0', unit: '', from: '', to: '', amountMicroUsd: '0', listAmountMicroUsd: '0', charges: 0 },
  priceText: '',
};

/** Lines of invoices, one row each: an invoice may have thousands. */
export const gatewayInvoiceLine = defineProjection<InvoiceLinesListed, InvoiceLineRow>({
  name: 'gateway_invoice_line',
  version: 1,
  key: ({ data }: Recorded<InvoiceLinesListed>) => data.lines.map(({ lineKey }) => lineId(data.invoiceId, lineKey)),
  organization: ({ data }) => data.organizationId,
  indexes: ['invoiceId'],
  initial: { ...noLine, id: '', invoiceId: '', organizationId: '' },
  on: {
    'billing.invoice.lines-listed': (row, { invoiceId, organizationId, lines }, _event, key) => {
      const line = lines.find(({ lineKey }) => lineId(invoiceId, lineKey) === key);
      return line ? { ...line, id: key, invoiceId, organizationId } : row;
    },
  },
});

export interface CreditNoteRow {
  readonly id: string;
  readonly organizationId: string;
  readonly invoiceId: string;
  readonly invoiceNumber: string;
  readonly period: string;
  readonly simulated: boolean;
  readonly number: string;
  readonly note: string;
  readonly lines: readonly CreditNoteLine[];
  readonly subtotalMicroUsd: string;
  readonly taxMicroUsd: string;
  readonly totalMicroUsd: string;
  readonly issuedAt: string;
  readonly position: string;
}

/** What was given back of invoices. */
export const gatewayCreditNote = defineProjection<CreditNoteIssued, CreditNoteRow>({
  name: 'gateway_credit_note',
  version: 1,
  key: ({ data }) => data.creditNoteId,
  organization: ({ data }) => data.organizationId,
  indexes: ['invoiceId'],
  initial: {
    ...{ id: '', organizationId: '', invoiceId: '', invoiceNumber: '', period: '', simulated: false, number: '' },
    ...{ note: '', lines: [], subtotalMicroUsd: '0', taxMicroUsd: '0', totalMicroUsd: '0', issuedAt: '' },
    position: '0',
  },
  on: {
    'billing.creditNote.issued': (_row, data, { position }) => ({
      ...{ id: data.creditNoteId, organizationId: data.organizationId, invoiceId: data.invoiceId, note: data.note },
      ...{ invoiceNumber: data.invoiceNumber, period: data.period, simulated: data.simulated, number: data.number },
      ...{ lines: data.lines, subtotalMicroUsd: data.subtotalMicroUsd, taxMicroUsd: data.taxMicroUsd },
      ...{ totalMicroUsd: data.totalMicroUsd, issuedAt: data.issuedAt, position: String(position) },
    }),
  },
});
