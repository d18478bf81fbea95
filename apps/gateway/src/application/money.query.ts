import { Injectable } from '@nestjs/common';
import { Clock } from '@solyx/kernel';
import { parseInstant, type AtInput } from '../domain/instant';
import { Gate } from './gate';
import type { Operation } from './operation';
import { pageSize, toConnection, type Connection } from './paging';
import { TenantViews } from './tenant-views';
import { gatewayBudget, gatewayCharge, gatewayJob, type ChargeRow } from './views';

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
    const row = await this.views.own(operation, gatewayBudget, operation.organizationId, at);
    if (!row) return { limitMicroUsd: null, period: null, spentMicroUsd: '0', heldMicroUsd: '0' };
    const parsed = parseInstant(at, this.clock.now());
    const time = parsed.ok && parsed.at && 'time' in parsed.at ? parsed.at.time : this.clock.iso();
    // At a position there is no "this month" but the last one that was counted.
    const thisMonth = parsed.ok && parsed.at && 'position' in parsed.at ? row.month : time.slice(0, 7);
    const inMonth = row.month === thisMonth ? row.spentInMonth : '0';
    return {
      limitMicroUsd: row.limitMicroUsd,
      period: row.period,
      spentMicroUsd: row.period === 'month' ? inMonth : row.spentInAll,
      heldMicroUsd: row.heldMicroUsd,
    };
  }
}
