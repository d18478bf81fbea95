import { Injectable } from '@nestjs/common';
import { Clock } from '@solyx/kernel';
import type { AtInput } from '../domain/instant';
import { Gate } from './gate';
import type { Operation } from './operation';
import { pageSize, toConnection, type Connection } from './paging';
import { TenantViews } from './tenant-views';
import { todayOf, toBudget } from './money/spending';
import { gatewayBudget, gatewayBudgetScope, gatewayCharge, gatewayJob, type ChargeRow } from './views';

export interface ChargesArguments {
  readonly first: number;
  readonly after?: string | null;
  readonly jobId?: string | null;
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

@Injectable()
export class MoneyQuery {
  constructor(
    private readonly views: TenantViews,
    private readonly gate: Gate,
    private readonly clock: Clock,
  ) {}

  async charges(operation: Operation, { first, after, jobId, at }: ChargesArguments): Promise<ChargeConnection> {
    await this.gate.allow(operation, 'money:read');
    const [page, totalMicroUsd] = await Promise.all([
      this.views.ownPage(operation, gatewayCharge, {
        first: pageSize(first),
        order: 'newest',
        at,
        ...(after ? { after } : {}),
        ...(jobId ? { where: { jobId } } : {}),
      }),
      this.total(operation, jobId, at),
    ]);
    return { ...toConnection(page), totalMicroUsd };
  }

  private async total(operation: Operation, jobId?: string | null, at?: AtInput | null): Promise<string> {
    if (jobId) return (await this.views.own(operation, gatewayJob, jobId, at))?.chargedMicroUsd ?? '0';
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
