import { Injectable } from '@nestjs/common';
import { InvoicePaymentRequested, InvoiceVoidRequested } from '@solyx/contracts/gateway';
import { causedBy, OnEvent, permit, Streams, type CommandContext, type Delivery } from '@solyx/eventing';
import { Clock, deriveId, derivePrefixedId, isPermitted, type Recorded } from '@solyx/kernel';
import { invoiceDecider, type RecordPayment } from '../../domain/invoicing/invoice';
import { InvoiceCredits } from './invoice-credits';

export const paymentIdOf = (invoiceId: string, requestId: string): string =>
  derivePrefixedId('pay', invoiceId, requestId);

/** Records that invoices were paid, or pays them from the wallet; takes back those that should not have been issued. */
@Injectable()
export class SettleInvoiceHandler {
  constructor(
    private readonly streams: Streams,
    private readonly credits: InvoiceCredits,
    private readonly clock: Clock,
  ) {}

  @OnEvent(InvoicePaymentRequested)
  async pay(event: Recorded<InvoicePaymentRequested>, { redelivered }: Delivery): Promise<void> {
    const { actor, organizationId } = event.metadata;
    const { invoiceId, requestId, method, amountMicroUsd, reference } = event.data;
    // That money came in, its receiver says; a customer may only spend what the wallet already holds.
    permit(actor, method === 'wallet' ? 'invoices:pay' : 'invoices:correct');
    const data: RecordPayment = {
      paymentId: paymentIdOf(invoiceId, requestId),
      method,
      reference,
      ...(amountMicroUsd === undefined ? {} : { amountMicroUsd }),
      ...(isPermitted(actor, 'invoices:correct') ? {} : { payer: organizationId }),
      at: this.clock.iso(),
    };
    const context = causedBy(event, undefined, redelivered);
    if (method === 'wallet') await this.payFromWallet(invoiceId, data, context);
    else await this.streams.transact(invoiceDecider, invoiceId, { type: 'RecordPayment', data }, context);
  }

  /** Draws first and records then: a repeat draws no more, and finds what was drawn. */
  private async payFromWallet(invoiceId: string, asked: RecordPayment, context: CommandContext): Promise<void> {
    const { state } = await this.streams.load(invoiceDecider, invoiceId);
    const { issued, outstanding } = state;
    const { paymentId } = asked;
    const amountMicroUsd = asked.amountMicroUsd ?? outstanding.toString();
    const drawnBefore = issued && (await this.credits.drawn(issued.organizationId, paymentId));
    if (!issued || drawnBefore === undefined) {
      const available = issued ? await this.credits.available(issued.organizationId, issued.simulated) : 0n;
      const data = { ...asked, amountMicroUsd, availableMicroUsd: available.toString() };
      const command = { type: 'RecordPayment', data } as const;
      // What would be refused draws nothing; the refusal is recorded as any other.
      if (!issued || !invoiceDecider.decide(command, state).accepted) {
        await this.streams.transact(invoiceDecider, invoiceId, command, context);
        return;
      }
    }
    const { organizationId, simulated } = issued;
    const own = { ...context, organizationId, commandId: deriveId(context.commandId, 'draw') };
    const payment = { organizationId, paymentId, simulated, amount: BigInt(amountMicroUsd) };
    const drawn = drawnBefore ?? (await this.credits.draw(payment, own));
    const data = { ...asked, amountMicroUsd: drawn.toString() };
    const outcome = await this.streams.transact(invoiceDecider, invoiceId, { type: 'RecordPayment', data }, context);
    if (outcome.accepted) return;
    // Somebody else paid in between.
    const note = `Drawn for ${issued.number}, which was paid meanwhile.`;
    await this.credits.giveBack(issued, { occasion: paymentId, amount: drawn, note }, own);
  }

  @OnEvent(InvoiceVoidRequested)
  async voidOne(event: Recorded<InvoiceVoidRequested>, { redelivered }: Delivery): Promise<void> {
    permit(event.metadata.actor, 'invoices:correct');
    const { invoiceId, note } = event.data;
    const context = causedBy(event, undefined, redelivered);
    const data = { note, at: this.clock.iso() };
    const outcome = await this.streams.transact(invoiceDecider, invoiceId, { type: 'VoidInvoice', data }, context);
    if (!outcome.accepted || !outcome.state.issued) return;
    // Also after a repeat: a crash between the two must not keep the customer's credit.
    const { issued } = outcome.state;
    const amount = BigInt(issued.creditMicroUsd);
    const wish = { occasion: 'void', amount, note: `${issued.number} was voided.` };
    const own = { ...context, organizationId: issued.organizationId, commandId: deriveId(context.commandId, 'back') };
    await this.credits.giveBack(issued, wish, own);
  }
}
