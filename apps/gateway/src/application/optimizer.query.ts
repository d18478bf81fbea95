import { Injectable } from '@nestjs/common';
import type { AtInput } from '../domain/instant';
import { Gate } from './gate';
import type { Operation } from './operation';
import { TenantViews } from './tenant-views';
import { gatewayAdvice, gatewayAutonomy, LATEST, type AdviceRow } from './views';

const ADVICE_SHOWN = 50;

/** The optimizer's bounds and what it advised, newest first. */
@Injectable()
export class OptimizerQuery {
  constructor(
    private readonly views: TenantViews,
    private readonly gate: Gate,
  ) {}

  async optimizer(operation: Operation, at?: AtInput | null) {
    await this.gate.allow(operation, 'plan:read');
    const [autonomy, advice] = await Promise.all([
      this.views.shared(operation, gatewayAutonomy, LATEST, at),
      this.views.sharedPage<AdviceRow>(operation, gatewayAdvice, { first: ADVICE_SHOWN, order: 'newest', at }),
    ]);
    const { level, killSwitch, limits } = autonomy ?? gatewayAutonomy.initial;
    return { level, killSwitch, limits, advice: advice.rows.map(({ row }) => row) };
  }
}
