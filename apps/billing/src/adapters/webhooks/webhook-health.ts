import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Health, type ProbeResult } from '@solyx/platform';
import { WebhookRunner } from './webhook-runner';

/** Says in readiness and metrics how many deliveries wait, and for how many endpoints nothing arrives. */
@Injectable()
export class WebhookHealth implements OnModuleInit {
  constructor(
    private readonly health: Health,
    private readonly runner: WebhookRunner,
  ) {}

  onModuleInit(): void {
    this.health.add({ name: 'webhooks', required: false, check: () => Promise.resolve(this.check()) });
  }

  /** Customers' receivers fail for reasons of their own: that is shown, and never makes the service unwell. */
  private check(): ProbeResult {
    const figures = this.runner.figures();
    return { ok: true, details: { delivers: figures !== undefined, ...figures } };
  }
}
