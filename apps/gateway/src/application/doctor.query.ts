import { Injectable } from '@nestjs/common';
import { CONTEXTS, EventLog, Views, type ContextName } from '@solyx/eventing';
import type { HealthReport } from '@solyx/platform';
import { FleetQuery } from './fleet.query';
import { Gate } from './gate';
import { GatewaySettings } from './gateway-settings';
import type { Operation } from './operation';
import { ServiceHealth } from './service-health';

/** All are asked at the same time. */
const CHECK_WITHIN_MS = 1_000;
const BEHIND_SECONDS = 10;
const STATUS_MAX = 200;

export interface ServiceState {
  readonly name: string;
  /** `ok`, `not ready: <what>` or `no answer`. */
  readonly status: string;
  readonly detail: string;
}

/** What runs, what is simulated, and what is not ready: each service is asked, all at once. */
@Injectable()
export class DoctorQuery {
  constructor(
    private readonly log: EventLog,
    private readonly views: Views,
    private readonly fleet: FleetQuery,
    private readonly gate: Gate,
    private readonly settings: GatewaySettings,
    private readonly health: ServiceHealth,
  ) {}

  async doctor(operation: Operation) {
    await this.gate.allow(operation, 'fleet:read');
    const [head, eventStoreVersion, views, simulated, ...services] = await Promise.all([
      inTime(this.log.head()),
      inTime(this.log.version()),
      this.checkViews(),
      inTime(this.simulated(operation)),
      ...CONTEXTS.map((context) => this.checkService(context)),
    ]);
    const position = head === undefined ? '-1' : String(head);
    const store: ServiceState = {
      name: 'event store',
      status: head === undefined ? 'no answer' : 'ok',
      detail: `version ${eventStoreVersion ?? 'unknown'}, position ${position}`,
    };
    return {
      version: this.settings.version,
      eventStore: this.settings.eventStore,
      eventStoreVersion: eventStoreVersion ?? 'unknown',
      simulated: simulated ?? ['unknown: the fleet cannot be read'],
      services: [store, views, ...services],
      head: position,
    };
  }

  private async checkViews(): Promise<ServiceState> {
    const name = 'views';
    const all = await inTime(this.views.health());
    if (!all) return { name, status: 'no answer', detail: '' };
    const faulty = all.find(({ fault }) => fault !== undefined);
    const lag = Math.max(0, ...all.map(({ lagSeconds }) => lagSeconds));
    const detail = `${all.length} views, ${lag.toFixed(1)} s behind`;
    if (faulty) return { name, status: `not ready: ${faulty.view} ${faulty.fault ?? ''}`, detail };
    return { name, status: lag > BEHIND_SECONDS ? `not ready: ${lag.toFixed(0)} s behind` : 'ok', detail };
  }

  private async checkService(name: ContextName): Promise<ServiceState> {
    const report = await this.health.ask(name, CHECK_WITHIN_MS);
    if (!report) return { name, status: 'no answer', detail: `none on the bus within ${CHECK_WITHIN_MS / 1000} s` };
    const status = report.ready ? 'ok' : `not ready: ${report.failing.join(', ')}`;
    return { name, status: status.slice(0, STATUS_MAX), detail: detailOf(report) };
  }

  private async simulated(operation: Operation): Promise<readonly string[]> {
    const { nodes, offers, leases } = await this.fleet.fleet(operation);
    const count = (what: string, items: readonly { readonly simulated: boolean }[]): string[] => {
      const found = items.filter(({ simulated }) => simulated).length;
      return found === 0 ? [] : [`${found} ${what}`];
    };
    const gpus = nodes.filter(({ simulated }) => simulated).reduce((sum, node) => sum + node.gpus.length, 0);
    return [
      ...(gpus === 0 ? [] : [`${gpus} GPUs`]),
      ...count('nodes', nodes),
      ...count('offers', offers),
      ...count('leases', leases),
    ];
  }
}

/** What the optional checks say: who leads, what is behind, what is parked. */
function detailOf({ checks }: HealthReport): string {
  const { lead, parked, views } = checks;
  const number = (value: unknown): string => (typeof value === 'number' ? value.toFixed(1) : '?');
  return [
    ...(lead?.details ? [lead.details['leading'] === true ? 'leads' : 'stands by'] : []),
    ...(lead?.details?.['relayLagSeconds'] === undefined
      ? []
      : [`relay ${number(lead.details['relayLagSeconds'])} s behind`]),
    ...(views?.details ? [`views ${number(views.details['lagSeconds'])} s behind`] : []),
    ...(parked?.details ? [`${String(parked.details['parked'])} parked`] : []),
  ].join(', ');
}

/** Undefined where it fails or takes too long. */
async function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), CHECK_WITHIN_MS);
  });
  try {
    return await Promise.race([work.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
