import { Empty } from 'nats';
import type { ContextName, NatsLink } from '@solyx/eventing';
import { healthSubjectOf, type HealthReport } from '@solyx/platform';
import { ServiceHealth } from '../application/service-health';

/** A request to each service on the bus; whoever runs answers. */
export class NatsServiceHealth extends ServiceHealth {
  constructor(private readonly link: NatsLink) {
    super();
  }

  override async ask(context: ContextName, withinMs: number): Promise<HealthReport | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), withinMs);
    });
    try {
      return await Promise.race([this.request(context, withinMs), late]);
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  private async request(context: ContextName, withinMs: number): Promise<HealthReport | undefined> {
    const connection = await this.link.connection();
    const answer = await connection.request(healthSubjectOf(context), Empty, { timeout: withinMs });
    const report = answer.json<Partial<HealthReport> | null>();
    const whole = typeof report?.ready === 'boolean' && Array.isArray(report.failing) && report.checks !== undefined;
    return whole ? (report as HealthReport) : undefined;
  }
}
