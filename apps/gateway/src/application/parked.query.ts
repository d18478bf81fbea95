import { Injectable } from '@nestjs/common';
import { Gate } from './gate';
import type { Operation } from './operation';
import { TenantViews } from './tenant-views';
import { gatewayParked, type ParkedRow } from './views';

const SHOWN_MAX = 100;
/** Ids of things that belong to a tenant. */
const TENANT_IDS = /\b([a-z]{2,8})_[0-9a-hj-km-np-tv-z]{16}\b/g;

/** What no context could handle, newest first: the organization's own, and for owners also the platform's. */
@Injectable()
export class ParkedQuery {
  constructor(
    private readonly views: TenantViews,
    private readonly gate: Gate,
  ) {}

  async parked(operation: Operation, first: number): Promise<readonly ParkedRow[]> {
    await this.gate.allow(operation, 'parked:read');
    const query = { first: Math.min(Math.max(first, 1), SHOWN_MAX), order: 'newest' as const };
    const ofPlatform = operation.caller.actor.roles.includes('owner');
    const [own, shared] = await Promise.all([
      this.views.ownPage(operation, gatewayParked, query),
      ofPlatform ? this.views.sharedPage(operation, gatewayParked, query) : { rows: [] },
    ]);
    return [...own.rows.map(({ row }) => row), ...shared.rows.map(({ row }) => withoutTenants(row))]
      .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
      .slice(0, query.first);
  }
}

/** The platform's events may be about any tenant's jobs: what its messages name is nobody else's to know. */
const withoutTenants = (row: ParkedRow): ParkedRow => ({ ...row, message: row.message.replace(TENANT_IDS, '$1_…') });
