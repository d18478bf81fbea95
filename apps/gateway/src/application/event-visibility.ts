import { Injectable } from '@nestjs/common';
import { isPermitted, PLATFORM_ORGANIZATION, type Recorded } from '@solyx/kernel';
import { LruMap } from '@solyx/eventing';
import { jobOf, needsOwner, tenantOf } from '../domain/subjects';
import type { Operation } from './operation';
import { TenantViews } from './tenant-views';
import { gatewayJob } from './views';

const JOBS_KEPT = 10_000;
/** What is parked is for those who may ask for it. */
const DELIVERY = /^[a-z]+\.delivery\./;

/** What nodes cost, and prices that may be a contract with one customer: the platform's operators alone. */
const BOOKS = /^billing\.(asset|priceBook|reconciliation|legalEntity)\./;

/** Which events a caller may see: the organization's own; the platform's for owners, but no other tenant's job in them. */
@Injectable()
export class EventVisibility {
  private readonly owners = new LruMap<string, string>(JOBS_KEPT);

  constructor(private readonly views: TenantViews) {}

  /** Undefined where it takes a look-up: ask `mayOwn` then. */
  maySee({ caller }: Operation, event: Recorded): boolean | undefined {
    if (DELIVERY.test(event.type) && !isPermitted(caller.actor, 'parked:read')) return false;
    if (BOOKS.test(event.type)) return isPermitted(caller.actor, 'margins:read');
    const tenant = tenantOf(event);
    if (tenant === caller.organizationId) return true;
    if (tenant !== PLATFORM_ORGANIZATION) return false;
    if (needsOwner(event)) return undefined;
    return caller.actor.roles.includes('owner');
  }

  async sees(operation: Operation, event: Recorded): Promise<boolean> {
    return this.maySee(operation, event) ?? this.owns(operation, event);
  }

  private async owns(operation: Operation, event: Recorded): Promise<boolean> {
    const jobId = jobOf(event) ?? '';
    let owner = this.owners.get(jobId);
    if (owner === undefined) {
      owner = await this.views.organizationOf(gatewayJob, jobId);
      if (owner === undefined) return false;
      this.owners.set(jobId, owner);
    }
    return owner === operation.organizationId;
  }
}
