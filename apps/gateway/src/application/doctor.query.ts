import { Injectable } from '@nestjs/common';
import { Clock } from '@solyx/kernel';
import { CONTEXTS, EventLog, Views } from '@solyx/eventing';
import { FleetQuery } from './fleet.query';
import { Gate } from './gate';
import { GatewaySettings } from './gateway-settings';
import type { Operation } from './operation';

const CHECK_WITHIN_MS = 1_500;

export interface ServiceHealth {
  readonly name: string;
  readonly status: string;
  readonly detail: string;
}

/** What runs, what is simulated, and what is behind: from what the gateway itself can see. */
@Injectable()
export class DoctorQuery {
  constructor(
    private readonly log: EventLog,
    private readonly views: Views,
    private readonly fleet: FleetQuery,
    private readonly gate: Gate,
    private readonly settings: GatewaySettings,
    private readonly clock: Clock,
  ) {}

  async doctor(operation: Operation) {
    await this.gate.allow(operation, 'fleet:read');
    const [head, views, simulated, ...services] = await Promise.all([
      this.log.head().catch(() => -1n),
      this.checkViews(),
      this.simulated(operation),
      ...CONTEXTS.map((context) => this.checkService(context)),
    ]);
    return {
      version: this.settings.version,
      eventStore: this.settings.eventStore,
      simulated,
      services: [views, ...services],
      head: String(head),
    };
  }

  private async checkViews(): Promise<ServiceHealth> {
    return guarded('views', async () => {
      const all = await this.views.health();
      const faulty = all.find(({ fault }) => fault !== undefined);
      const lag = Math.max(0, ...all.map(({ lagSeconds }) => lagSeconds));
      const detail = faulty
        ? `${faulty.view}: ${faulty.fault ?? ''}`
        : `${all.length} views, ${lag.toFixed(1)} s behind`;
      return { name: 'views', status: faulty ? 'faulty' : lag > 10 ? 'behind' : 'ok', detail };
    });
  }

  /** Services share no HTTP: the last fact that one recorded is what the gateway can know of it. */
  private async checkService(name: string): Promise<ServiceHealth> {
    return guarded(name, async () => {
      const newest = this.log.readAll({ prefixes: [`${name}.`], direction: 'backwards', limit: 1 });
      for await (const { type, recordedAt } of newest) {
        const seconds = Math.max(0, Math.round((this.clock.now() - Date.parse(recordedAt)) / 1000));
        return { name, status: 'heard', detail: `${type}, ${seconds} s ago` };
      }
      return { name, status: 'silent', detail: 'it has recorded nothing yet' };
    });
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

async function guarded(name: string, check: () => Promise<ServiceHealth>): Promise<ServiceHealth> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<ServiceHealth>((resolve) => {
    timer = setTimeout(() => resolve({ name, status: 'unknown', detail: 'no answer in time' }), CHECK_WITHIN_MS);
  });
  try {
    return await Promise.race([check(), late]);
  } catch (error) {
    return { name, status: 'unknown', detail: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
