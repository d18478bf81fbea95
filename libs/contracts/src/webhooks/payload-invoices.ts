import { PAYMENT_METHODS } from '../values';
import {
  POSTINGS_SHOWN_MAX,
  TAXES_SHOWN_MAX,
  WebhookAmount,
  WebhookParty,
  WebhookPosting,
  WebhookTax,
} from './payload-parts';
import { count, flag, id, list, nested, oneOf, time, words } from './payload-rules';

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
