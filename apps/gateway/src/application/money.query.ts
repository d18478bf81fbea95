import { Injectable } from '@nestjs/common';
import { Clock } from '@solyx/kernel';
import type { AtInput } from '../domain/instant';
import { Gate } from './gate';
import type { Operation } from './operation';
import { pageSize, toConnection, type Connection } from './paging';
import { TenantViews } from './tenant-views';
import { todayOf, toBudget } from './money/spending';
import { gatewayBudget, gatewayBudgetScope, gatewayCharge, gatewayJob, gatewayUsage, type ChargeRow } from './views';

export interface ChargesArguments {
  readonly first: number;
  readonly after?: string | null;
  readonly jobId?: string | null;
  readonly period?: string | null;
  readonly project?: string | null;
  readonly at?: AtInput | null;
}

export interface ChargeConnection extends Connection<ChargeRow> {
  /** Of everything that matches, not of this page. */
  readonly totalMicroUsd: string;
}

export interface BudgetView {
  readonly limitMicroUsd: string | null;
  readonly period: string | null;
  readonly spentMicroUsd: string;
  readonly heldMicroUsd: string;
}

const chosenOf = ({ period, project }: ChargesArguments): { readonly period?: string; readonly project?: string } => ({
  ...(period ? { period } : {}),
  ...(project ? { project } : {}),
});

@Injectable()
export class MoneyQuery {
  constructor(
    private readonly views: TenantViews,
    private readonly gate: Gate,
    private readonly clock: Clock,
  ) {}

  async charges(operation: Operation, args: ChargesArguments): Promise<ChargeConnection> {
    const { first, after, jobId, at } = args;
    const chosen = chosenOf(args);
    await this.gate.allow(operation, 'money:read');
    const [page, totalMicroUsd] = await Promise.all([
      this.views.ownPage(operation, gatewayCharge, {
        first: pageSize(first),
        order: 'newest',
        at,
        ...(after ? { after } : {}),
        where: { ...(jobId ? { jobId } : {}), ...chosen },
      }),
      this.total(operation, args),
    ]);
    return { ...toConnection(page), totalMicroUsd };
  }

  private async total(operation: Operation, args: ChargesArguments): Promise<string> {
    const { jobId, at } = args;
    if (jobId) return (await this.views.own(operation, gatewayJob, jobId, at))?.chargedMicroUsd ?? '0';
    const chosen = chosenOf(args);
    if (Object.keys(chosen).length > 0) {
      const rows = await this.views.ownRows(operation, gatewayUsage, { at, where: chosen, enough: () => false });
      return String(rows.reduce((sum, { amountMicroUsd }) => sum + BigInt(amountMicroUsd), 0n));
    }
    return (await this.views.own(operation, gatewayBudget, operation.organizationId, at))?.chargedMicroUsd ?? '0';
  }

  async budget(operation: Operation, at?: AtInput | null): Promise<BudgetView> {
    await this.gate.allow(operation, 'money:read');
    const { organizationId } = operation;
    const [row, limit] = await Promise.all([
      this.views.own(operation, gatewayBudget, organizationId, at),
      this.views.own(operation, gatewayBudgetScope, `${organizationId}/organization/${organizationId}`, at),
    ]);
    const heldMicroUsd = row?.heldMicroUsd ?? '0';
    if (!limit) return { limitMicroUsd: null, period: null, spentMicroUsd: '0', heldMicroUsd };
    const { limitMicroUsd, period, spentMicroUsd } = toBudget(limit, todayOf(limit, at, this.clock));
    return { limitMicroUsd, period, spentMicroUsd, heldMicroUsd };
  }
}
