import { Injectable } from '@nestjs/common';
import type { Fault } from '../domain/field-reader';
import { nearest } from '../domain/nearest';
import type { Operation } from './operation';
import { TenantViews } from './tenant-views';
import { DEFAULT_QUEUE, gatewayQuota } from './views';

const NAMES_MAX = 100;

/** Whether the queue that a wish names is one of the caller's: a wrong name is said at once, not after a wait. */
@Injectable()
export class KnownQueues {
  constructor(private readonly views: TenantViews) {}

  async fault(operation: Operation, queue: string | undefined): Promise<Fault | undefined> {
    if (queue === undefined || queue === DEFAULT_QUEUE) return undefined;
    if (await this.views.ownNow(operation, gatewayQuota, queue)) return undefined;
    const page = await this.views.ownPage(operation, gatewayQuota, { first: NAMES_MAX, order: 'oldest' });
    const meant = nearest(queue, [...page.rows.map(({ row }) => row.id), DEFAULT_QUEUE]);
    const hint = meant === undefined ? 'List queues with `solyx queue list`.' : `Did you mean ${meant}?`;
    return { field: 'queue', problem: `there is no queue ${queue}`, hint };
  }
}
