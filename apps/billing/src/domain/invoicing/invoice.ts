import { accept, anchor, refuse, type Decider } from '@solyx/kernel';
import type { InvoiceLine } from '@solyx/contracts';
import {
  InvoiceDrafted,
  InvoiceFinalised,
  InvoiceLinesListed,
  InvoicePaid,
  InvoiceVoided,
} from '@solyx/contracts/billing';
import { contentHashOf } from './invoice-content';
import { credit } from './invoice-crediting';
import { issuedPostings, paidPostings, voidedPostings } from './invoice-postings';
import {
  INVOICE_NONE,
  issuedOf,
  SETTLEMENTS_MAX,
  sumMicro,
  type DraftInvoice,
  type FinaliseInvoice,
  type Invoice,
  type InvoiceCommand,
  type InvoiceEvent,
  type InvoiceRefusal,
  type RecordPayment,
} from './invoice-state';
import { taxOf } from './tax';

export * from './invoice-state';

/** Bytes of lines in one event: well below the 64 KiB that an event may have, whatever is around them. */
const PART_BYTES_MAX = 40_000;
const PART_LINES_MAX = 128;
/** One append holds at most 256 events, and `drafted` is one of them. */
const PARTS_MAX = 255;
/** Lines in parts that each fit into an event. */
export function linePartsOf(lines: readonly InvoiceLine[]): readonly (readonly InvoiceLine[])[] {
  const parts: InvoiceLine[][] = [];
  let bytes = 0;
  for (const line of lines) {
    const size = Buffer.byteLength(JSON.stringify(line)) + 1;
    const last = parts[parts.length - 1];
    if (last && last.length < PART_LINES_MAX && bytes + size <= PART_BYTES_MAX) {
      last.push(line);
      bytes += size;
    } else {
      parts.push([line]);
      bytes = size;
    }
  }
  return parts;
}

function draft({ lines, ...header }: DraftInvoice, { phase }: Invoice) {
  if (phase !== 'none') return accept<InvoiceEvent>();
  const parts = linePartsOf(lines);
  const { invoiceId, organizationId, period, at } = header;
  if (parts.length > PARTS_MAX) return refuse('InvoiceTooLarge', { invoiceId, lines: lines.length });
  const listed = parts.map((some, part) =>
    InvoiceLinesListed({ invoiceId, organizationId, period, part, lines: some, at }),
  );
  const drafted = InvoiceDrafted({
    ...header,
    lineCount: lines.length,
    parts: parts.length,
    subtotalMicroUsd: sumMicro(lines.map(({ amountMicroUsd }) => amountMicroUsd)).toString(),
    listMicroUsd: sumMicro(lines.map(({ listAmountMicroUsd }) => listAmountMicroUsd)).toString(),
    linesHash: anchor(lines),
  });
  return accept<InvoiceEvent>(...listed, drafted);
}

function finalise(data: FinaliseInvoice, { phase, draft: drafted, lines }: Invoice) {
  if (phase === 'none' || !drafted) return refuse('InvoiceUnknown');
  if (phase !== 'draft') return accept<InvoiceEvent>();
  const { invoiceId, organizationId, period, legalEntityId, simulated } = drafted;
  const subtotal = BigInt(drafted.subtotalMicroUsd);
  const tax = taxOf(data.taxes);
  const credit = sumMicro(data.credits.map(({ amountMicroUsd }) => amountMicroUsd));
  const total = subtotal + tax - credit;
  const amounts = {
    subtotalMicroUsd: drafted.subtotalMicroUsd,
    taxMicroUsd: tax.toString(),
    creditMicroUsd: credit.toString(),
    totalMicroUsd: total.toString(),
  };
  const issued = { invoiceId, organizationId, period, legalEntityId, simulated, ...data, ...amounts };
  const contentHash = contentHashOf(drafted, lines, issued);
  const postings = issuedPostings(simulated, { subtotal, tax, credit });
  const finalised = InvoiceFinalised({ ...issued, contentHash, postings });
  if (total > 0n) return accept<InvoiceEvent>(finalised);
  const paid = {
    ...{ invoiceId, organizationId, simulated, paymentId: `${invoiceId}.nothing-due`, method: 'nothing-due' as const },
    ...{ reference: '', amountMicroUsd: '0', outstandingMicroUsd: total.toString(), postings: [], at: data.at },
  };
  return accept<InvoiceEvent>(finalised, InvoicePaid(paid));
}

function pay(data: RecordPayment, invoice: Invoice) {
  if (invoice.payments.includes(data.paymentId)) return accept<InvoiceEvent>();
  const issued = issuedOf(invoice);
  if ('accepted' in issued) return issued;
  const { invoiceId, organizationId, simulated } = issued;
  const { outstanding } = invoice;
  // To anyone else it does not exist.
  if (data.payer !== undefined && data.payer !== organizationId) return refuse('InvoiceUnknown');
  const amount = data.amountMicroUsd === undefined ? outstanding : BigInt(data.amountMicroUsd);
  if (amount <= 0n || amount > outstanding) {
    const details = { invoiceId, outstandingMicroUsd: outstanding.toString(), amountMicroUsd: amount.toString() };
    return refuse('PaymentExceedsInvoice', details);
  }
  if (data.availableMicroUsd !== undefined && amount > BigInt(data.availableMicroUsd)) {
    const { availableMicroUsd } = data;
    return refuse('WalletTooLow', { invoiceId, availableMicroUsd, amountMicroUsd: amount.toString() });
  }
  if (invoice.payments.length >= SETTLEMENTS_MAX) return refuse('LimitExceeded', { invoiceId, limit: SETTLEMENTS_MAX });
  const { paymentId, method, reference, at } = data;
  return accept<InvoiceEvent>(
    InvoicePaid({
      ...{ invoiceId, organizationId, simulated, paymentId, method, reference },
      amountMicroUsd: amount.toString(),
      outstandingMicroUsd: (outstanding - amount).toString(),
      postings: paidPostings(simulated, method, amount),
      at,
    }),
  );
}

function voided({ note, at }: { readonly note: string; readonly at: string }, invoice: Invoice) {
  if (invoice.phase === 'void') return accept<InvoiceEvent>();
  const issued = issuedOf(invoice);
  if ('accepted' in issued) return issued;
  const { invoiceId, organizationId, simulated, credits, totalMicroUsd } = issued;
  if (invoice.payments.length + invoice.creditNotes.length > 0) return refuse('InvoiceSettled', { invoiceId });
  const postings = voidedPostings(simulated, {
    subtotal: BigInt(issued.subtotalMicroUsd),
    tax: BigInt(issued.taxMicroUsd),
    credit: BigInt(issued.creditMicroUsd),
  });
  return accept<InvoiceEvent>(
    InvoiceVoided({ invoiceId, organizationId, simulated, note, totalMicroUsd, credits, postings, at }),
  );
}

/**
 * The invoice of a period: drafted from what was charged, issued with a number, then paid, credited in parts, or voided.
 * What it says is never edited; each step that a repeat asks for again changes nothing.
 */
export const invoiceDecider: Decider<InvoiceCommand, Invoice, InvoiceEvent, InvoiceRefusal> = {
  name: 'billing.invoice',
  initial: INVOICE_NONE,

  decide({ type, data }, invoice) {
    switch (type) {
      case 'DraftInvoice':
        return draft(data, invoice);
      case 'FinaliseInvoice':
        return finalise(data, invoice);
      case 'RecordPayment':
        return pay(data, invoice);
      case 'CreditInvoice':
        return credit(data, invoice);
      case 'VoidInvoice':
        return voided(data, invoice);
    }
  },

  evolve(invoice, { type, data }) {
    switch (type) {
      case 'billing.invoice.lines-listed':
        return { ...invoice, lines: [...invoice.lines, ...data.lines] };
      case 'billing.invoice.drafted':
        return { ...invoice, phase: 'draft', draft: data };
      case 'billing.invoice.finalised':
        return { ...invoice, phase: 'finalised', issued: data, outstanding: BigInt(data.totalMicroUsd) };
      case 'billing.invoice.paid': {
        const outstanding = BigInt(data.outstandingMicroUsd);
        return { ...invoice, outstanding, payments: [...invoice.payments, data.paymentId] };
      }
      case 'billing.invoice.credited': {
        const outstanding = BigInt(data.outstandingMicroUsd);
        return { ...invoice, outstanding, creditNotes: [...invoice.creditNotes, data] };
      }
      case 'billing.invoice.voided':
        return { ...invoice, phase: 'void', outstanding: 0n };
    }
  },
};
