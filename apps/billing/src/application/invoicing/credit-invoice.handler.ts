import { Injectable } from '@nestjs/common';
import { CreditNoteRequested } from '@solyx/contracts/gateway';
import type { InvoiceCredited } from '@solyx/contracts/billing';
import { causedBy, OnEvent, permit, Streams, type CommandContext, type Delivery } from '@solyx/eventing';
import { anchor, Clock, derivePrefixedId, type Recorded } from '@solyx/kernel';
import { creditNoteDecider } from '../../domain/invoicing/credit-note';
import { invoiceDecider, type Invoice } from '../../domain/invoicing/invoice';
import { creditNoteContent } from '../../domain/invoicing/invoice-content';
import { creditedPostings } from '../../domain/invoicing/invoice-postings';
import { DocumentNumbers } from './document-numbers';

export const creditNoteIdOf = (invoiceId: string, requestId: string): string =>
  derivePrefixedId('crn', invoiceId, requestId);

/** Gives a part of an invoice back: decides it on the invoice, has a number assigned, and issues the credit note. */
@Injectable()
export class CreditInvoiceHandler {
  constructor(
    private readonly streams: Streams,
    private readonly numbers: DocumentNumbers,
    private readonly clock: Clock,
  ) {}

  @OnEvent(CreditNoteRequested)
  async credit(event: Recorded<CreditNoteRequested>, { redelivered }: Delivery): Promise<void> {
    permit(event.metadata.actor, 'invoices:correct');
    const { invoiceId, requestId, note, lines } = event.data;
    const creditNoteId = creditNoteIdOf(invoiceId, requestId);
    const data = { creditNoteId, note, wishes: lines, at: this.clock.iso() };
    const context = causedBy(event, undefined, redelivered);
    const outcome = await this.streams.transact(invoiceDecider, invoiceId, { type: 'CreditInvoice', data }, context);
    if (!outcome.accepted) return;
    const credited = outcome.state.creditNotes.find((one) => one.creditNoteId === creditNoteId);
    if (credited) await this.issue(outcome.state, credited, { ...context, organizationId: credited.organizationId });
  }

  private async issue(invoice: Invoice, credited: InvoiceCredited['data'], context: CommandContext): Promise<void> {
    const { draft, issued } = invoice;
    if (!draft || !issued) return;
    const { creditNoteId, invoiceId, organizationId, simulated, lines, taxes } = credited;
    const { legalEntityId } = issued;
    const entity = await this.numbers.entity(legalEntityId, context);
    const numbering = { legalEntityId, organizationId, document: 'credit-note' as const, documentId: creditNoteId };
    const assigned = await this.numbers.assign(numbering, context);
    const note = {
      ...{ creditNoteId, invoiceId, invoiceNumber: issued.number, organizationId, period: draft.period },
      ...{ legalEntityId, simulated, number: assigned.number, sequence: assigned.sequence, currency: draft.currency },
      ...{ issuer: entity.party, billTo: draft.billTo, note: credited.note, lines, taxes },
      taxStatement: issued.taxStatement,
      subtotalMicroUsd: credited.subtotalMicroUsd,
      taxMicroUsd: credited.taxMicroUsd,
      totalMicroUsd: credited.totalMicroUsd,
      issuedAt: assigned.at,
    };
    const data = {
      ...note,
      contentHash: anchor(creditNoteContent(note)),
      postings: creditedPostings(simulated, lines, BigInt(credited.taxMicroUsd)),
      at: this.clock.iso(),
    };
    await this.streams.transact(creditNoteDecider, creditNoteId, { type: 'IssueCreditNote', data }, context);
  }
}
