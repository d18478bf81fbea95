import { Injectable } from '@nestjs/common';
import { Clock } from '@solyx/kernel';
import type { AtInput } from '../../domain/instant';
import { Gate } from '../gate';
import type { Operation } from '../operation';
import { pageSize, toConnection, type Connection } from '../paging';
import { TenantViews } from '../tenant-views';
import {
  gatewayBudgetScope,
  gatewayInvoice,
  gatewayMargin,
  gatewayProfile,
  gatewayProvider,
  gatewayTreeHead,
  gatewayWallet,
  LATEST,
  type BudgetScopeRow,
  type InvoiceRow,
  type MarginRow,
  type WalletSide,
} from '../views';
import type { ListArguments } from './listings';
import { todayOf, toBudget } from './spending';

interface ScopeArguments {
  readonly kind: string;
  readonly id: string;
}
type InvoicesArguments = ListArguments & { readonly period?: string | null; readonly phase?: string | null };

const minus = (a: string, b: string): string => String(BigInt(a) - BigInt(b));
const withAvailable = (side: WalletSide) => ({
  ...side,
  availableMicroUsd: minus(side.balanceMicroUsd, side.heldMicroUsd),
});
const withDocument = (row: InvoiceRow) => ({ ...row, document: `/v1/documents/invoice/${encodeURIComponent(row.id)}` });

/** One thing of each organization: its profile, its limits, its wallet, its earnings; and the head of the log. */
@Injectable()
export class AccountsQuery {
  constructor(
    private readonly views: TenantViews,
    private readonly gate: Gate,
    private readonly clock: Clock,
  ) {}

  async profile(operation: Operation, at?: AtInput | null) {
    await this.gate.allow(operation, 'money:read');
    return (await this.views.own(operation, gatewayProfile, operation.organizationId, at)) ?? gatewayProfile.initial;
  }

  async wallet(operation: Operation, at?: AtInput | null) {
    await this.gate.allow(operation, 'money:read');
    const { organizationId } = operation;
    const row = (await this.views.own(operation, gatewayWallet, organizationId, at)) ?? gatewayWallet.initial;
    return { ...row, real: withAvailable(row.real), simulated: withAvailable(row.simulated) };
  }

  async provider(operation: Operation, at?: AtInput | null) {
    await this.gate.allow(operation, 'money:read');
    return (await this.views.own(operation, gatewayProvider, operation.organizationId, at)) ?? gatewayProvider.initial;
  }

  async treeHead(operation: Operation, at?: AtInput | null) {
    await this.gate.allow(operation, 'money:read');
    return (await this.views.shared(operation, gatewayTreeHead, LATEST, at)) ?? null;
  }

  async invoices(operation: Operation, { first, after, at, period, phase }: InvoicesArguments) {
    await this.gate.allow(operation, 'money:read');
    const where = { ...(period ? { period } : {}), ...(phase ? { phase: phase as InvoiceRow['phase'] } : {}) };
    const query = { first: pageSize(first), order: 'newest' as const, at, where, ...(after ? { after } : {}) };
    const { rows, hasNext } = await this.views.ownPage(operation, gatewayInvoice, query);
    return toConnection({ rows: rows.map((one) => ({ ...one, row: withDocument(one.row) })), hasNext });
  }

  /** Just issued, it may be asked for before the view has it: it is waited for. */
  async invoice(operation: Operation, id: string, at?: AtInput | null) {
    await this.gate.allow(operation, 'money:read');
    const row = at
      ? await this.views.own(operation, gatewayInvoice, id, at)
      : await this.views.ownNow(operation, gatewayInvoice, id);
    return row ? withDocument(row) : null;
  }

  async margin(operation: Operation, { first, after, at, month }: ListArguments & { readonly month?: string | null }) {
    await this.gate.allow(operation, 'margins:read');
    const query = { first: pageSize(first), order: 'newest' as const, at, ...(after ? { after } : {}) };
    const page = await this.views.sharedPage(operation, gatewayMargin, {
      ...query,
      ...(month ? { where: { month } } : {}),
    });
    const withMargin = (row: MarginRow) => ({ ...row, marginMicroUsd: minus(row.revenueMicroUsd, row.costMicroUsd) });
    return toConnection({ ...page, rows: page.rows.map((one) => ({ ...one, row: withMargin(one.row) })) });
  }

  /** Limits, and scopes that are only counted; those of one scope where it is named. */
  async budgets(
    operation: Operation,
    { first, after, at, scope }: ListArguments & { readonly scope?: ScopeArguments | null },
  ): Promise<Connection<object>> {
    await this.gate.allow(operation, 'money:read');
    const { organizationId } = operation;
    const size = pageSize(first);
    const toRow = (row: BudgetScopeRow): object => toBudget(row, todayOf(row, at, this.clock));
    if (scope) {
      const id = scope.kind === 'organization' ? organizationId : scope.id;
      const row = await this.views.own(operation, gatewayBudgetScope, `${organizationId}/${scope.kind}/${id}`, at);
      return toConnection({
        rows: row ? [{ key: row.id, cursor: row.id, row: toRow(row) }] : [],
        hasNext: false,
      });
    }
    const query = { first: size, order: 'oldest' as const, at, ...(after ? { after } : {}) };
    const page = await this.views.ownPage(operation, gatewayBudgetScope, query);
    return toConnection({ ...page, rows: page.rows.map((one) => ({ ...one, row: toRow(one.row) })) });
  }
}
