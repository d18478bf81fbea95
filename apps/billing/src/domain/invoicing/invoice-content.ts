import { anchor } from '@solyx/kernel';
import type { InvoiceLine } from '@solyx/contracts';
import type { CreditNoteIssued, InvoiceDrafted, InvoiceFinalised } from '@solyx/contracts/billing';

/** Raised when the members below change their meaning; documents of older forms stay as they were hashed. */
export const CONTENT_FORM = 'solyx.invoice/1';
export const CREDIT_NOTE_FORM = 'solyx.credit-note/1';

type Issued = Omit<InvoiceFinalised['data'], 'contentHash' | 'postings' | 'at'>;

/** All that an invoice says, and nothing that changes after it was issued: amounts in micro-USD, as decimal text. */
export function invoiceContent(draft: InvoiceDrafted['data'], lines: readonly InvoiceLine[], issued: Issued) {
  return {
    form: CONTENT_FORM,
    invoiceId: draft.invoiceId,
    number: issued.number,
    simulated: draft.simulated,
    currency: draft.currency,
    organizationId: draft.organizationId,
    period: { id: draft.period, zone: draft.zone, from: draft.from, to: draft.to },
    legalEntityId: issued.legalEntityId,
    issuer: issued.issuer,
    billTo: draft.billTo,
    costCentre: draft.costCentre,
    issuedAt: issued.issuedAt,
    dueAt: issued.dueAt,
    lines,
    linesHash: draft.linesHash,
    taxes: issued.taxes,
    taxStatement: issued.taxStatement,
    credits: issued.credits,
    subtotalMicroUsd: issued.subtotalMicroUsd,
    taxMicroUsd: issued.taxMicroUsd,
    creditMicroUsd: issued.creditMicroUsd,
    totalMicroUsd: issued.totalMicroUsd,
    source: {
      stream: draft.sourceStream,
      revision: draft.sourceRevision,
      closedBy: draft.closedBy,
      charges: draft.chargeCount,
    },
  };
}

export type InvoiceContent = ReturnType<typeof invoiceContent>;

/** SHA3-256 of the canonical JSON of what the invoice says. */
export const contentHashOf = (draft: InvoiceDrafted['data'], lines: readonly InvoiceLine[], issued: Issued): string =>
  anchor(invoiceContent(draft, lines, issued));

/** All that a credit note says. */
export function creditNoteContent(note: Omit<CreditNoteIssued['data'], 'contentHash' | 'postings' | 'at'>) {
  return {
    form: CREDIT_NOTE_FORM,
    creditNoteId: note.creditNoteId,
    number: note.number,
    simulated: note.simulated,
    currency: note.currency,
    organizationId: note.organizationId,
    invoice: { invoiceId: note.invoiceId, number: note.invoiceNumber, period: note.period },
    legalEntityId: note.legalEntityId,
    issuer: note.issuer,
    billTo: note.billTo,
    issuedAt: note.issuedAt,
    note: note.note,
    lines: note.lines,
    taxes: note.taxes,
    taxStatement: note.taxStatement,
    subtotalMicroUsd: note.subtotalMicroUsd,
    taxMicroUsd: note.taxMicroUsd,
    totalMicroUsd: note.totalMicroUsd,
  };
}

export type CreditNoteContent = ReturnType<typeof creditNoteContent>;
