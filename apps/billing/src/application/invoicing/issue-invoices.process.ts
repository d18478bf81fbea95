import { Injectable } from '@nestjs/common';
import { reasonOf } from '@solyx/contracts';
import { PeriodClosed } from '@solyx/contracts/billing';
import { causedBy, OnEvent, Streams, type CommandContext } from '@solyx/eventing';
import { Clock, deriveId, SolyxError, type Recorded, type Refused } from '@solyx/kernel';
import { invoiceDecider, invoiceIdOf, type Invoice } from '../../domain/invoicing/invoice';
import type { LineSheet } from '../../domain/invoicing/invoice-lines';
import { SIMULATED_LEGAL_ENTITY } from '../../domain/invoicing/default-entities';
import { AccountCharges, accountStreamOf, type ClosedPeriod } from './account-charges';
import { AccountProfiles } from './account-profiles';
import { DocumentNumbers } from './document-numbers';
import { InvoiceCredits, type ChargeReference } from './invoice-credits';
import { CustomerDirectory, TaxSource } from './ports';

const DAY_MS = 86_400_000;

interface Issuing {
  readonly closed: Recorded<PeriodClosed>;
  readonly invoiceId: string;
  readonly simulated: boolean;
  readonly context: CommandContext;
}

/** A person has to look: the event is parked, with the reason. */
const refused = (invoiceId: string, { reason, details }: Pick<Refused<string>, 'reason' | 'details'>): SolyxError => {
  const { message, hint } = reasonOf(reason);
  return new SolyxError('FailedPrecondition', `${invoiceId}: ${message}`, { ...details, invoiceId }, { reason, hint });
};

const daysAfter = (at: string, days: number): string => new Date(Date.parse(at) + days * DAY_MS).toISOString();

/**
 * Issues the invoices of a period that was closed: drafts them, has a number assigned, finalises. Each step is recorded
 * on its own stream and is found there by a repeat, so a crash between two of them loses no number and gives none twice.
 */
@Injectable()
export class IssueInvoicesProcess {
  constructor(
    private readonly streams: Streams,
    private readonly charges: AccountCharges,
    private readonly profiles: AccountProfiles,
    private readonly numbers: DocumentNumbers,
    private readonly customers: CustomerDirectory,
    private readonly taxes: TaxSource,
    private readonly credits: InvoiceCredits,
    private readonly clock: Clock,
  ) {}

  @OnEvent(PeriodClosed)
  async issue(closed: Recorded<PeriodClosed>): Promise<void> {
    const period = await this.charges.closed(closed);
    for (const simulated of [false, true]) {
      const sheet = simulated ? period.simulated : period.money;
      if (sheet.size > 0) await this.issueOne(this.issuing(closed, simulated), sheet, period);
    }
  }

  private issuing(closed: Recorded<PeriodClosed>, simulated: boolean): Issuing {
    const { organizationId, period } = closed.data;
    const invoiceId = invoiceIdOf(organizationId, period, simulated);
    // Two invoices may come from one event: each command needs an id of its own.
    const context = { ...causedBy(closed), organizationId, commandId: deriveId(closed.id, invoiceId) };
    return { closed, invoiceId, simulated, context };
  }

  private async issueOne(issuing: Issuing, sheet: LineSheet, period: ClosedPeriod): Promise<void> {
    const invoice = await this.draft(issuing, sheet);
    if (invoice.phase !== 'draft' || !invoice.draft) return;
    await this.finalise(issuing, invoice.draft, period.references);
  }

  private async draft({ closed, invoiceId, simulated, context }: Issuing, sheet: LineSheet): Promise<Invoice> {
    const { state: known } = await this.streams.load(invoiceDecider, invoiceId);
    if (known.phase !== 'none') return known;
    const { organizationId, period, timeZone, from, to } = closed.data;
    const profile = await this.profiles.of(organizationId);
    const billTo = await this.customers.partyOf(organizationId, profile.addressRef);
    const data = {
      ...{ invoiceId, organizationId, period, zone: timeZone, from, to, simulated, billTo },
      legalEntityId: simulated ? SIMULATED_LEGAL_ENTITY : profile.legalEntityId,
      currency: 'USD' as const,
      costCentre: profile.costCentre ?? '',
      sourceStream: accountStreamOf(organizationId),
      sourceRevision: closed.revision.toString(),
      closedBy: closed.id,
      chargeCount: sheet.chargeCount,
      lines: sheet.lines(),
      at: this.clock.iso(),
    };
    const command = { type: 'DraftInvoice', data } as const;
    const outcome = await this.streams.transact(invoiceDecider, invoiceId, command, context);
    if (outcome.accepted) return outcome.state;
    throw refused(invoiceId, outcome);
  }

  private async finalise(
    { invoiceId, simulated, context }: Issuing,
    draft: NonNullable<Invoice['draft']>,
    references: readonly ChargeReference[],
  ): Promise<void> {
    const { organizationId, billTo, subtotalMicroUsd, legalEntityId } = draft;
    // All that may fail comes before the number, for a number that was given must be used.
    const [credits, entity] = await Promise.all([
      this.credits.drawnFor(organizationId, references, simulated),
      this.numbers.entity(legalEntityId, context),
    ]);
    const question = {
      organizationId,
      issuer: entity.party,
      billTo,
      subtotalMicroUsd,
      simulated,
      at: this.clock.iso(),
    };
    const tax = await this.taxes.taxOn(question);
    const numbering = { legalEntityId, organizationId, document: 'invoice' as const, documentId: invoiceId };
    const { number, sequence, at: issuedAt } = await this.numbers.assign(numbering, context);
    const data = {
      ...{ number, sequence, issuer: entity.party, taxes: tax.lines, taxStatement: tax.statement, credits, issuedAt },
      dueAt: daysAfter(issuedAt, entity.paymentTermsDays),
      at: this.clock.iso(),
    };
    const command = { type: 'FinaliseInvoice', data } as const;
    const outcome = await this.streams.transact(invoiceDecider, invoiceId, command, context);
    if (!outcome.accepted) throw refused(invoiceId, outcome);
  }
}
