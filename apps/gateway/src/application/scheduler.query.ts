import { Injectable } from '@nestjs/common';
import type { AtInput } from '../domain/instant';
import { Gate } from './gate';
import type { Operation } from './operation';
import { TenantViews } from './tenant-views';
import { gatewayClaim, gatewayScheduler, LATEST } from './views';

/** Which policy decides, by which prices; for operators. */
@Injectable()
export class SchedulerQuery {
  constructor(
    private readonly views: TenantViews,
    private readonly gate: Gate,
  ) {}

  async scheduler(operation: Operation, at?: AtInput | null) {
    await this.gate.allow(operation, 'scheduler:read');
    const [row, claims] = await Promise.all([
      this.views.shared(operation, gatewayScheduler, LATEST, at),
      this.views.sharedRows(operation, gatewayClaim, at),
    ]);
    return {
      ...(row ?? gatewayScheduler.initial),
      waiting: claims.filter(({ phase }) => phase === 'Waiting').length,
      running: claims.filter(({ phase }) => phase === 'Holding').length,
    };
  }
}
