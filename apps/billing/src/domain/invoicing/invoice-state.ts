import { refuse, type Command } from '@solyx/kernel';
import type { AppliedCredit, CreditWish, InvoiceLine, Party, TaxLine } from '@solyx/contracts';
import type {
  InvoiceCredited,
  InvoiceDrafted,
  InvoiceFinalised,
  InvoiceLinesListed,
  InvoicePaid,
  InvoiceVoided,
} from '@solyx/contracts/billing';

/** Payments and credit notes of one invoice. */
export const SETTLEMENTS_MAX = 256;

export type DraftInvoice = Omit<
  InvoiceDrafted['data'],
  'lineCount' | 'parts' | 'subtotalMicroUsd' | 'listMicroUsd' | 'linesHash'
> & { readonly lines: readonly InvoiceLine[] };

export interface FinaliseInvoice {
  readonly number: string;
  readonly sequence: number;
  readonly issuer: Party;
  readonly taxes: readonly TaxLine[];
  readonly taxStatement: string;
  readonly credits: readonly AppliedCredit[];
  readonly issuedAt: string;
  readonly dueAt: string;
  readonly at: string;
}

export interface RecordPayment {
  readonly paymentId: string;
  readonly method: InvoicePaid['data']['method'];
  readonly reference: string;
  /** All that is outstanding where it is left out. */
  readonly amountMicroUsd?: string;
  /** What the wallet holds, where it is to pay. */
  readonly availableMicroUsd?: string;
  /** An organization that may pay its own invoices and no others. */
  readonly payer?: string;
  readonly at: string;
}

export interface CreditInvoice {
  readonly creditNoteId: string;
  readonly note: string;
  /** None: all that is left of every line. */
  readonly wishes: readonly CreditWish[];
  readonly at: string;
}

export type InvoiceCommand =
  | Command<'DraftInvoice', DraftInvoice>
  | Command<'FinaliseInvoice', FinaliseInvoice>
  | Command<'RecordPayment', RecordPayment>
  | Command<'CreditInvoice', CreditInvoice>
  | Command<'VoidInvoice', { readonly note: string; readonly at: string }>;
export type InvoiceEvent =
  InvoiceLinesListed | InvoiceDrafted | InvoiceFinalised | InvoicePaid | InvoiceCredited | InvoiceVoided;
export type InvoiceRefusal =
  | 'InvoiceUnknown'
  | 'InvoiceNotIssued'
  | 'InvoiceVoided'
  | 'InvoiceSettled'
  | 'InvoiceTooLarge'
  | 'PaymentExceedsInvoice'
  | 'WalletTooLow'
  | 'CreditExceedsInvoice'
  | 'LimitExceeded';

export interface Invoice {
  readonly phase: 'none' | 'draft' | 'finalised' | 'void';
  readonly lines: readonly InvoiceLine[];
  readonly draft: InvoiceDrafted['data'] | undefined;
  readonly issued: InvoiceFinalised['data'] | undefined;
  /** What is still owed; below zero where the customer has something coming. */
  readonly outstanding: bigint;
  readonly payments: readonly string[];
  readonly creditNotes: readonly InvoiceCredited['data'][];
}

export const INVOICE_NONE: Invoice = {
  phase: 'none',
  lines: [],
  draft: undefined,
  issued: undefined,
  outstanding: 0n,
  payments: [],
  creditNotes: [],
};

/** One invoice for an organization and a period, and one beside it for its rehearsals: the name is the key. */
export const invoiceIdOf = (organizationId: string, period: string, simulated: boolean): string =>
  `${organizationId}.${period}${simulated ? '.simulated' : ''}`;

export const sumMicro = (amounts: Iterable<string>): bigint => {
  let total = 0n;
  for (const amount of amounts) total += BigInt(amount);
  return total;
};

/** What of each line was credited so far. */
export function creditedByLine({ creditNotes }: Invoice): ReadonlyMap<string, bigint> {
  const credited = new Map<string, bigint>();
  for (const { lines } of creditNotes) {
    for (const { lineKey, amountMicroUsd } of lines) {
      credited.set(lineKey, (credited.get(lineKey) ?? 0n) + BigInt(amountMicroUsd));
    }
  }
  return credited;
}

/** The issued invoice, or why nothing can be done with it. */
export function issuedOf({ phase, issued }: Invoice) {
  if (phase === 'none') return refuse('InvoiceUnknown');
  if (phase === 'void') return refuse('InvoiceVoided');
  return issued ?? refuse('InvoiceNotIssued');
}
