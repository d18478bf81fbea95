import type { Recorded } from '@solyx/kernel';
import type { Posting } from '@solyx/contracts';

/** What the log alone says of one invoice. */
export interface CountedInvoice {
  charges: number;
  subtotal: bigint;
  tax: bigint;
  credit: bigint;
  total: bigint;
  paid: bigint;
  credited: bigint;
  phase: 'open' | 'draft' | 'issued' | 'void';
}

export interface CountedBudget {
  held: bigint;
  spent: bigint;
}

export interface CountedAccount {
  balance: bigint;
  pending: bigint;
}

/** What a charge says that views repeat. */
export interface CountedCharge {
  readonly organizationId: string;
  readonly period: string;
  readonly total: bigint;
  readonly lines: number;
}

/** All that facts of money may say, whatever their type: this count knows no decider, no projection and no schema. */
interface Fact {
  readonly organizationId?: string;
  readonly chargeId?: string;
  readonly invoiceId?: string;
  readonly period?: string;
  readonly at?: string;
  readonly totalMicroUsd?: string;
  readonly amountMicroUsd?: string;
  readonly grossMicroUsd?: string;
  readonly subtotalMicroUsd?: string;
  readonly taxMicroUsd?: string;
  readonly creditMicroUsd?: string;
  readonly byMicroUsd?: string;
  readonly fromHoldMicroUsd?: string;
  readonly releasedMicroUsd?: string;
  readonly chargeCount?: number;
  readonly lines?: readonly { readonly simulated: boolean; readonly amountMicroUsd: string }[];
  readonly postings?: readonly Posting[];
  readonly pending?: readonly Posting[];
}

const SIMULATED = 'simulated:';
/** Streams whose postings are balances of a customer. Owners of GPUs, campaigns and assets have books of their own. */
const CUSTOMER_LEDGER = /^billing\.(account|wallet|invoice|creditNote)-/;

const amount = (text: string | undefined): bigint => BigInt(text ?? '0');

const known = <Value>(map: Map<string, Value>, key: string, make: () => Value): Value => {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
};

/**
 * Counts money from the log alone, one event after another: an independent reading, on purpose written once more, so that
 * a mistake in a decider or a view is not repeated here. Memory grows with organizations, invoices and the day's charges.
 */
export class Recount {
  readonly types = new Map<string, { events: number; amount: bigint }>();
  readonly balances = new Map<string, CountedAccount>();
  readonly budgets = new Map<string, CountedBudget>();
  readonly invoices = new Map<string, CountedInvoice>();
  /** Charges of the day, and those recorded later, by id. */
  readonly charges = new Map<string, CountedCharge>();
  readonly laterCharges = new Set<string>();
  /** Charges that no budget has counted yet, and when they were recorded. */
  readonly uncounted = new Map<string, string>();
  imbalance = 0n;

  /** `day`: of UTC, `2026-01-31`. */
  constructor(private readonly day: string) {}

  add({ type, stream, data, recordedAt }: Recorded): void {
    const fact = data as Fact;
    if (recordedAt.startsWith(this.day)) this.countType(type, fact);
    this.post(stream, fact);
    switch (type) {
      case 'billing.account.charge-posted':
        this.charge(fact, recordedAt);
        break;
      case 'billing.budget.hold-placed':
        this.budget(fact).held += amount(fact.amountMicroUsd);
        break;
      case 'billing.budget.hold-raised':
        this.budget(fact).held += amount(fact.byMicroUsd);
        break;
      case 'billing.budget.hold-released':
        this.budget(fact).held -= amount(fact.releasedMicroUsd);
        break;
      case 'billing.budget.charge-counted':
        this.budget(fact).held -= amount(fact.fromHoldMicroUsd);
        this.budget(fact).spent += amount(fact.amountMicroUsd);
        this.uncounted.delete(fact.chargeId ?? '');
        break;
      default:
        if (type.startsWith('billing.invoice.')) this.invoice(type, fact);
    }
  }

  private countType(type: string, fact: Fact): void {
    const count = known(this.types, type, () => ({ events: 0, amount: 0n }));
    count.events += 1;
    count.amount += amount(fact.totalMicroUsd ?? fact.amountMicroUsd ?? fact.grossMicroUsd);
  }

  private post(stream: string, { organizationId = '', postings = [], pending = [] }: Fact): void {
    for (const { amountMicroUsd } of postings) this.imbalance += BigInt(amountMicroUsd);
    if (!CUSTOMER_LEDGER.test(stream)) return;
    const at = (account: string): CountedAccount =>
      known(this.balances, `${organizationId}/${account}`, () => ({ balance: 0n, pending: 0n }));
    for (const { account, amountMicroUsd } of postings) at(account).balance += BigInt(amountMicroUsd);
    for (const { account, amountMicroUsd } of pending) at(account).pending += BigInt(amountMicroUsd);
  }

  private budget({ organizationId = '' }: Fact): CountedBudget {
    return known(this.budgets, organizationId, () => ({ held: 0n, spent: 0n }));
  }

  private charge(fact: Fact, recordedAt: string): void {
    const { chargeId = '', organizationId = '', at = '', lines = [] } = fact;
    // The first version of charges was in months of UTC.
    const period = fact.period ?? at.slice(0, 7);
    this.uncounted.set(chargeId, recordedAt);
    if (recordedAt.startsWith(this.day)) {
      this.charges.set(chargeId, { organizationId, period, total: amount(fact.totalMicroUsd), lines: lines.length });
    } else if (recordedAt > this.day) this.laterCharges.add(chargeId);
    for (const simulated of [false, true]) {
      const own = lines.filter((line) => line.simulated === simulated);
      if (own.length === 0) continue;
      const invoice = this.invoiceNamed(`${organizationId}.${period}${simulated ? '.simulated' : ''}`);
      if (invoice.phase !== 'open') continue;
      invoice.charges += 1;
      for (const { amountMicroUsd } of own) invoice.subtotal += BigInt(amountMicroUsd);
      invoice.total = invoice.subtotal;
    }
  }

  private invoiceNamed(invoiceId: string): CountedInvoice {
    return known(this.invoices, invoiceId, () => ({
      ...{ charges: 0, subtotal: 0n, tax: 0n, credit: 0n, total: 0n, paid: 0n, credited: 0n, phase: 'open' },
    }));
  }

  private invoice(type: string, fact: Fact): void {
    const invoice = this.invoiceNamed(fact.invoiceId ?? '');
    switch (type) {
      case 'billing.invoice.drafted':
        // What was charged is known already: the draft must say the same, or the view that believes it differs.
        invoice.phase = 'draft';
        break;
      case 'billing.invoice.finalised':
        invoice.phase = 'issued';
        invoice.tax = amount(fact.taxMicroUsd);
        invoice.credit = amount(fact.creditMicroUsd);
        invoice.total = invoice.subtotal + invoice.tax - invoice.credit;
        break;
      case 'billing.invoice.paid':
        invoice.paid += amount(fact.amountMicroUsd);
        break;
      case 'billing.invoice.credited':
        invoice.credited += amount(fact.totalMicroUsd);
        break;
      case 'billing.invoice.voided':
        invoice.phase = 'void';
    }
  }

  /** What is left of all credits of an organization, and what of it is set aside, by kind of money. */
  wallets(): ReadonlyMap<string, { available: bigint; held: bigint }> {
    const wallets = new Map<string, { available: bigint; held: bigint }>();
    for (const [key, { balance, pending }] of this.balances) {
      const slash = key.indexOf('/');
      const account = key.slice(slash + 1);
      const simulated = account.startsWith(SIMULATED);
      if (!account.slice(simulated ? SIMULATED.length : 0).startsWith('credit:')) continue;
      const side = simulated ? 'rehearsal' : 'money';
      const wallet = known(wallets, `${key.slice(0, slash)}/${side}`, () => ({ available: 0n, held: 0n }));
      // A credit is owed to the customer, so it stands on the other side.
      wallet.available += -balance - pending;
      wallet.held += pending;
    }
    return wallets;
  }
}
