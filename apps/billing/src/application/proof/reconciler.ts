import { Injectable } from '@nestjs/common';
import type { ReconciliationCounted } from '@solyx/contracts/billing';
import { EventLog, Views, type Projection } from '@solyx/eventing';
import { Clock, SolyxError } from '@solyx/kernel';
import { Recount } from '../../domain/proof/recount';
import { Comparison, DIFFERENCES_SHOWN_MAX } from '../../domain/proof/reconciliation';
import { balanceView } from '../balance.projection';
import { budgetView } from '../budget.projection';
import { chargeView } from '../charge.projection';
import { invoiceView, type InvoiceRow } from '../invoicing/invoice.projection';
import { walletView } from '../wallet.projection';

const PAGE = 500;
const VIEW_WITHIN_MS = 30_000;
const TYPES_MAX = 128;
/** A charge that no budget has counted after this long is lost somewhere. */
const COUNTED_WITHIN_MS = 15 * 60_000;

const STATUS_OF = { open: ['open'], draft: ['draft'], issued: ['finalised', 'paid'], void: ['void'] } as const;

/** Counts a day again from the log alone, and compares what it finds with what the views show at the same position. */
@Injectable()
export class Reconciler {
  constructor(
    private readonly log: EventLog,
    private readonly views: Views,
    private readonly clock: Clock,
  ) {}

  /** Reads the whole log of billing. Throws Unavailable where a view has not come so far within half a minute. */
  async count(day: string, requestId?: string): Promise<ReconciliationCounted['data']> {
    const position = await this.log.head();
    const recount = new Recount(day);
    for await (const event of this.log.readAll({ until: position, prefixes: ['billing.'], raw: true }))
      recount.add(event);
    const comparisons = [
      await this.charges(recount, position),
      await this.balances(recount, position),
      await this.budgets(recount, position),
      await this.wallets(recount, position),
      await this.invoices(recount, position),
    ];
    const types = [...recount.types].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, TYPES_MAX);
    return {
      day,
      ...(requestId === undefined ? {} : { requestId }),
      position: String(position),
      events: types.map(([type, { events, amount }]) => ({ type, events, amountMicroUsd: String(amount) })),
      views: comparisons.map((comparison) => comparison.result()),
      imbalanceMicroUsd: String(recount.imbalance),
      differing: comparisons.reduce((sum, { differing }) => sum + differing, 0),
      differences: comparisons.flatMap(({ differences }) => differences).slice(0, DIFFERENCES_SHOWN_MAX),
      at: this.clock.iso(),
    };
  }

  /** All rows of a view as of the position, page by page. */
  private async *rows<Row>(
    view: Projection<Row>,
    position: bigint,
    order: 'newest' | 'oldest' = 'oldest',
  ): AsyncGenerator<{ readonly key: string; readonly row: Row }> {
    if (!(await this.views.waitFor(view, position, VIEW_WITHIN_MS))) {
      throw new SolyxError('Unavailable', `${view.name} has not come to ${position} yet`, { view: view.name });
    }
    let after: string | undefined;
    do {
      const cursor = after === undefined ? {} : { after };
      const page = await this.views.list(view, { first: PAGE, order, at: { position }, ...cursor });
      yield* page.rows;
      after = page.hasNext ? page.rows[page.rows.length - 1]?.cursor : undefined;
    } while (after !== undefined);
  }

  /** The newest rows are those of the day and later: no row further back is read. */
  private async charges(recount: Recount, position: bigint): Promise<Comparison> {
    const comparison = new Comparison(chargeView.name);
    const missing = new Map(recount.charges);
    let left = recount.charges.size + recount.laterCharges.size;
    if (left > 0) {
      for await (const { key, row } of this.rows(chargeView, position, 'newest')) {
        const counted = missing.get(key);
        if (counted) {
          missing.delete(key);
          comparison.same(key, 'totalMicroUsd', counted.total, row.totalMicroUsd);
          comparison.same(key, 'period', counted.period, row.period);
          comparison.same(key, 'lines', counted.lines, String(row.lines.length));
        } else if (!recount.laterCharges.has(key)) comparison.unknown(key);
        left -= 1;
        if (left === 0) break;
      }
    }
    for (const [key, { total }] of missing) comparison.same(key, 'totalMicroUsd', total, undefined);
    return comparison;
  }

  private async balances({ balances }: Recount, position: bigint): Promise<Comparison> {
    const comparison = new Comparison(balanceView.name);
    const missing = new Map(balances);
    for await (const { key, row } of this.rows(balanceView, position)) {
      const counted = missing.get(key);
      missing.delete(key);
      comparison.same(key, 'balanceMicroUsd', counted?.balance ?? 0n, row.balanceMicroUsd);
      comparison.same(key, 'pendingMicroUsd', counted?.pending ?? 0n, row.pendingMicroUsd);
    }
    for (const [key, { balance }] of missing) comparison.same(key, 'balanceMicroUsd', balance, undefined);
    return comparison;
  }

  private async budgets({ budgets, uncounted }: Recount, position: bigint): Promise<Comparison> {
    const comparison = new Comparison(budgetView.name);
    const missing = new Map(budgets);
    for await (const { key, row } of this.rows(budgetView, position)) {
      if (row.scope !== 'organization') continue;
      const counted = missing.get(key);
      missing.delete(key);
      comparison.same(key, 'heldMicroUsd', counted?.held ?? 0n, row.heldMicroUsd);
      comparison.same(key, 'spentMicroUsd', counted?.spent ?? 0n, row.spentMicroUsd);
    }
    for (const [key, { spent }] of missing) comparison.same(key, 'spentMicroUsd', spent, undefined);
    const due = new Date(this.clock.now() - COUNTED_WITHIN_MS).toISOString();
    for (const [chargeId, recordedAt] of uncounted) {
      if (recordedAt < due) comparison.same(chargeId, 'charge-counted', 'a charge', undefined);
    }
    return comparison;
  }

  private async wallets(recount: Recount, position: bigint): Promise<Comparison> {
    const comparison = new Comparison(walletView.name);
    const missing = new Map(recount.wallets());
    for await (const { key, row } of this.rows(walletView, position)) {
      for (const side of ['money', 'rehearsal'] as const) {
        const counted = missing.get(`${key}/${side}`);
        missing.delete(`${key}/${side}`);
        comparison.same(`${key}/${side}`, 'availableMicroUsd', counted?.available ?? 0n, row[side].availableMicroUsd);
        comparison.same(`${key}/${side}`, 'heldMicroUsd', counted?.held ?? 0n, row[side].heldMicroUsd);
      }
    }
    for (const [key, { available }] of missing) comparison.same(key, 'availableMicroUsd', available, undefined);
    return comparison;
  }

  private async invoices({ invoices }: Recount, position: bigint): Promise<Comparison> {
    const comparison = new Comparison(invoiceView.name);
    const missing = new Map(invoices);
    for await (const { key, row } of this.rows(invoiceView, position)) {
      const counted = missing.get(key);
      missing.delete(key);
      if (!counted) {
        comparison.unknown(key);
        continue;
      }
      const { phase, total, paid, credited } = counted;
      const statuses: readonly InvoiceRow['status'][] = STATUS_OF[phase];
      const outstanding = phase === 'issued' ? total - paid - credited : 0n;
      comparison.same(key, 'status', statuses.includes(row.status) ? row.status : phase, row.status);
      comparison.same(key, 'charges', counted.charges, String(row.charges));
      comparison.same(key, 'subtotalMicroUsd', counted.subtotal, row.subtotalMicroUsd);
      comparison.same(key, 'taxMicroUsd', counted.tax, row.taxMicroUsd);
      comparison.same(key, 'creditMicroUsd', counted.credit, row.creditMicroUsd);
      comparison.same(key, 'totalMicroUsd', total, row.totalMicroUsd);
      comparison.same(key, 'paidMicroUsd', paid, row.paidMicroUsd);
      comparison.same(key, 'creditedMicroUsd', credited, row.creditedMicroUsd);
      comparison.same(key, 'outstandingMicroUsd', outstanding, row.outstandingMicroUsd);
    }
    for (const [key, { total }] of missing) comparison.same(key, 'totalMicroUsd', total, undefined);
    return comparison;
  }
}
