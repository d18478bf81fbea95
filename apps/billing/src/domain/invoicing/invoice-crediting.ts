import { accept, refuse } from '@solyx/kernel';
import type { CreditNoteLine, CreditWish, InvoiceLine } from '@solyx/contracts';
import { InvoiceCredited } from '@solyx/contracts/billing';
import {
  creditedByLine,
  issuedOf,
  SETTLEMENTS_MAX,
  sumMicro,
  type CreditInvoice,
  type Invoice,
  type InvoiceEvent,
} from './invoice-state';
import { taxOf, taxOfPart } from './tax';

const creditLine = ({ lineKey, description, kind, source, project }: InvoiceLine, amount: bigint): CreditNoteLine => ({
  ...{ lineKey, description, kind, source, project },
  amountMicroUsd: amount.toString(),
});

/** The lines that a credit note may have, or the line of which there is not so much left. */
function creditLines(wishes: readonly CreditWish[], invoice: Invoice): readonly CreditNoteLine[] | CreditWish {
  const credited = creditedByLine(invoice);
  const leftOf = (line: InvoiceLine): bigint => BigInt(line.amountMicroUsd) - (credited.get(line.lineKey) ?? 0n);
  // All of it: also lines below zero (discounts, corrections), so that nothing more is given back than was asked for.
  if (wishes.length === 0) {
    return invoice.lines.filter((line) => leftOf(line) !== 0n).map((line) => creditLine(line, leftOf(line)));
  }
  const byKey = new Map(invoice.lines.map((line) => [line.lineKey, line]));
  const lines: CreditNoteLine[] = [];
  for (const wish of wishes) {
    const line = byKey.get(wish.lineKey);
    const amount = BigInt(wish.amountMicroUsd);
    const again = lines.some(({ lineKey }) => lineKey === wish.lineKey);
    if (!line || again || amount <= 0n || amount > leftOf(line)) return wish;
    lines.push(creditLine(line, amount));
  }
  return lines;
}

const CREDIT_LINES_MAX = 128;

/** What a repeat asks for again, one that exceeds the invoice, and what is given back otherwise. */
export function credit(data: CreditInvoice, invoice: Invoice) {
  if (invoice.creditNotes.some(({ creditNoteId }) => creditNoteId === data.creditNoteId)) return accept<InvoiceEvent>();
  const issued = issuedOf(invoice);
  if ('accepted' in issued) return issued;
  const { invoiceId, organizationId, simulated, taxes } = issued;
  const lines = creditLines(data.wishes, invoice);
  if (!Array.isArray(lines)) {
    return refuse('CreditExceedsInvoice', { invoiceId, ...(lines as CreditWish) });
  }
  const creditable = lines as readonly CreditNoteLine[];
  if (creditable.length > CREDIT_LINES_MAX) return refuse('LimitExceeded', { invoiceId, limit: CREDIT_LINES_MAX });
  if (invoice.creditNotes.length >= SETTLEMENTS_MAX)
    return refuse('LimitExceeded', { invoiceId, limit: SETTLEMENTS_MAX });
  const part = sumMicro(creditable.map(({ amountMicroUsd }) => amountMicroUsd));
  const subtotal = BigInt(issued.subtotalMicroUsd);
  const before = sumMicro(invoice.creditNotes.map(({ subtotalMicroUsd }) => subtotalMicroUsd));
  // Where there are lines below zero, all others together may exceed the subtotal.
  if (part <= 0n || before + part > subtotal) {
    return refuse('CreditExceedsInvoice', { invoiceId, leftMicroUsd: (subtotal - before).toString() });
  }
  const given = taxOfPart(taxes, { subtotal, before, part });
  const total = part + taxOf(given);
  return accept<InvoiceEvent>(
    InvoiceCredited({
      ...{ invoiceId, organizationId, simulated, creditNoteId: data.creditNoteId, note: data.note },
      ...{ lines: creditable, taxes: given, subtotalMicroUsd: part.toString(), taxMicroUsd: taxOf(given).toString() },
      ...{
        totalMicroUsd: total.toString(),
        outstandingMicroUsd: (invoice.outstanding - total).toString(),
        at: data.at,
      },
    }),
  );
}
