import { Injectable } from '@nestjs/common';
import type { AppliedCredit } from '@solyx/contracts';
import type { InvoiceFinalised, WalletDrawn } from '@solyx/contracts/billing';
import { Streams, type CommandContext } from '@solyx/eventing';
import { Clock, derivePrefixedId, SolyxError, type Recorded } from '@solyx/kernel';
import { creditAccount } from '../../domain/chart-of-accounts';
import { walletDecider } from '../../domain/wallet';
import { availableOf } from '../../domain/wallet-state';

/** A charge, and where it lies in the log. */
export interface ChargeReference {
  readonly chargeId: string;
  readonly position: bigint;
  /** ISO 8601 UTC. */
  readonly recordedAt: string;
}

/** What the wallet is asked to pay of an invoice. */
export interface WalletPayment {
  readonly organizationId: string;
  /** Drawn once, however often it is asked for. */
  readonly paymentId: string;
  readonly simulated: boolean;
  readonly amount: bigint;
}

const CREDITS_MAX = 64;
const LOWEST_PRIORITY = 100;

const isDrawn = (event: Recorded): event is Recorded<WalletDrawn> => event.type === 'billing.wallet.drawn';

interface Returned {
  readonly grantId: string;
  readonly amountMicroUsd: string;
}

/** What the wallet paid of charges and pays of invoices: the two meet here and nowhere else. */
@Injectable()
export class InvoiceCredits {
  constructor(
    private readonly streams: Streams,
    private readonly clock: Clock,
  ) {}

  /**
   * What credit paid of these charges, by grant; below zero what a correction gave back into the wallet. Unavailable while
   * the wallet has not heard of one of them: its word is part of the invoice.
   */
  async drawnFor(
    organizationId: string,
    charges: readonly ChargeReference[],
    simulated: boolean,
  ): Promise<readonly AppliedCredit[]> {
    const { state: wallet } = await this.streams.load(walletDecider, organizationId);
    const { since } = wallet;
    if (since === undefined) return [];
    const due = charges.filter(({ recordedAt }) => recordedAt >= since);
    const waiting = due.find(({ chargeId }) => !wallet.drawn.has(chargeId));
    if (waiting) {
      const { chargeId } = waiting;
      throw new SolyxError('Unavailable', `the wallet has not heard of ${chargeId} yet`, { organizationId, chargeId });
    }
    if (due.length === 0) return [];
    return this.collect(organizationId, due, simulated);
  }

  /** A draw lies behind its charge in the log, so nothing before the first charge is read. */
  private async collect(
    organizationId: string,
    charges: readonly ChargeReference[],
    simulated: boolean,
  ): Promise<readonly AppliedCredit[]> {
    const chargeIds = new Set(charges.map(({ chargeId }) => chargeId));
    const returns = new Set(charges.map(({ chargeId }) => derivePrefixedId('crd', chargeId, String(simulated))));
    const first = charges.reduce(
      (least, { position }) => (position < least ? position : least),
      charges[0]?.position ?? 0n,
    );
    const byGrant = new Map<string, { readonly description: string; amount: bigint }>();
    const add = (grantId: string, description: string, amount: bigint): void => {
      const known = byGrant.get(grantId);
      if (known) known.amount += amount;
      else byGrant.set(grantId, { description, amount });
    };
    for await (const event of this.wallet(organizationId)) {
      if (event.position < first) break;
      if (isDrawn(event) && chargeIds.has(event.data.chargeId)) {
        const { parts, postings } = event.data;
        const own = new Set(postings.map(({ account }) => account));
        parts
          .filter(({ grantId }) => own.has(creditAccount(grantId, simulated)))
          .forEach(({ grantId, kind, amountMicroUsd }) => add(grantId, `Credit (${kind})`, BigInt(amountMicroUsd)));
      } else if (event.type === 'billing.wallet.credit-granted') {
        const { grantId, amountMicroUsd } = event.data as Returned;
        if (returns.has(grantId)) add(grantId, 'Given back into the wallet', -BigInt(amountMicroUsd));
      }
    }
    return bounded(byGrant);
  }

  private wallet(organizationId: string): AsyncIterable<Recorded> {
    return this.streams.log.readStream(`${walletDecider.name}-${organizationId}`, { direction: 'backwards' });
  }

  /** What could be drawn now. */
  async available(organizationId: string, simulated: boolean): Promise<bigint> {
    const { state } = await this.streams.load(walletDecider, organizationId);
    return availableOf(state, simulated);
  }

  /** Draws for an invoice, as for a charge; answers how much it was, now or when it was asked before. */
  async draw(
    { organizationId, paymentId, simulated, amount }: WalletPayment,
    context: CommandContext,
  ): Promise<bigint> {
    const at = this.clock.iso();
    const wanted = [{ kind: 'adjustment' as const, simulated, amount }];
    const data = { chargeId: paymentId, organizationId, project: '', wanted, prepaid: false, postedAt: at, at };
    await this.streams.transact(walletDecider, organizationId, { type: 'DrawCharge', data }, context);
    return (await this.drawn(organizationId, paymentId)) ?? 0n;
  }

  /** What was drawn under this id; undefined where nothing was asked for yet. */
  async drawn(organizationId: string, paymentId: string): Promise<bigint | undefined> {
    const { state } = await this.streams.load(walletDecider, organizationId);
    if (!state.drawn.has(paymentId)) return undefined;
    for await (const event of this.wallet(organizationId)) {
      if (isDrawn(event) && event.data.chargeId === paymentId) return BigInt(event.data.drawnMicroUsd);
    }
    return undefined;
  }

  /** Puts back what was drawn for nothing: `occasion` names why, so that it is put back once. */
  async giveBack(
    invoice: Pick<InvoiceFinalised['data'], 'organizationId' | 'invoiceId' | 'simulated'>,
    wish: { readonly occasion: string; readonly amount: bigint; readonly note: string },
    context: CommandContext,
  ): Promise<void> {
    if (wish.amount <= 0n) return;
    const { organizationId, invoiceId, simulated } = invoice;
    const data = {
      grantId: derivePrefixedId('crd', invoiceId, wish.occasion),
      organizationId,
      kind: 'correction' as const,
      simulated,
      amountMicroUsd: wish.amount.toString(),
      priority: LOWEST_PRIORITY,
      categories: [],
      projects: [],
      note: wish.note,
      at: this.clock.iso(),
    };
    await this.streams.transact(walletDecider, organizationId, { type: 'GrantCredit', data }, context);
  }
}

/** The largest by name, the rest in one line. */
function bounded(
  byGrant: ReadonlyMap<string, { readonly description: string; readonly amount: bigint }>,
): readonly AppliedCredit[] {
  const all = [...byGrant]
    .filter(([, { amount }]) => amount !== 0n)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([grantId, { description, amount }]) => ({ grantId, description, amountMicroUsd: amount.toString() }));
  if (all.length <= CREDITS_MAX) return all;
  const rest = all.slice(CREDITS_MAX - 1);
  const amount = rest.reduce((sum, { amountMicroUsd }) => sum + BigInt(amountMicroUsd), 0n);
  const others = { grantId: 'others', description: `${rest.length} more credits`, amountMicroUsd: amount.toString() };
  return [...all.slice(0, CREDITS_MAX - 1), others];
}
