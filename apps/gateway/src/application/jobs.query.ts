import { Injectable } from '@nestjs/common';
import type { AtInput } from '../domain/instant';
import { Freshness } from './freshness';
import { Gate } from './gate';
import type { Operation } from './operation';
import { pageSize, toConnection, type Connection } from './paging';
import { TenantViews } from './tenant-views';
import { gatewayJob, type JobPhase, type JobRow } from './views';

export interface JobsArguments {
  readonly first: number;
  readonly after?: string | null;
  readonly phase?: JobPhase | null;
  readonly project?: string | null;
  readonly at?: AtInput | null;
}

export interface JobConnection extends Connection<JobRow> {
  readonly position: string;
}

@Injectable()
export class JobsQuery {
  constructor(
    private readonly views: TenantViews,
    private readonly gate: Gate,
    private readonly freshness: Freshness,
  ) {}

  async job(operation: Operation, id: string, at?: AtInput | null): Promise<JobRow | null> {
    await this.gate.allow(operation, 'jobs:read');
    const row = at ? this.views.own(operation, gatewayJob, id, at) : this.views.ownNow(operation, gatewayJob, id);
    return (await row) ?? null;
  }

  async jobs(operation: Operation, { first, after, phase, project, at }: JobsArguments): Promise<JobConnection> {
    await this.gate.allow(operation, 'jobs:read');
    const where = { ...(phase ? { phase } : {}), ...(project ? { project } : {}) };
    const page = await this.views.ownPage(operation, gatewayJob, {
      first: pageSize(first),
      order: 'newest',
      where,
      at,
      ...(after ? { after } : {}),
    });
    return { ...toConnection(page), position: this.position(operation, page.rows, at) };
  }

  /** The newest position that the page tells of, or that the caller is known to have seen. */
  private position(operation: Operation, rows: readonly { readonly row: JobRow }[], at?: AtInput | null): string {
    if (typeof at?.position === 'string') return at.position;
    let newest = at ? 0n : this.freshness.known(operation.organizationId);
    for (const { row } of rows) {
      const position = BigInt(row.position);
      if (position > newest) newest = position;
    }
    return String(newest < 0n ? 0n : newest);
  }
}
