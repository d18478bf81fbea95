import { SolyxError } from '@solyx/kernel';
import type { EventLog, Streams } from '@solyx/eventing';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Health } from './health';

/** Memory, event loop and garbage collection belong to the process, whichever services it hosts. */
let processRegistry: Registry | undefined;

function sharedRegistry(): Registry {
  if (!processRegistry) {
    processRegistry = new Registry();
    collectDefaultMetrics({ register: processRegistry });
  }
  return processRegistry;
}

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];

/** The metrics of one service; inject it to add others. Prometheus text format. */
export class Metrics {
  readonly registry = new Registry();
  private readonly probes: Gauge<'check'>;
  private readonly details: Gauge<'check' | 'detail'>;

  constructor(service: string) {
    this.registry.setDefaultLabels({ service });
    const registers = [this.registry];
    this.probes = new Gauge({
      name: 'solyx_check_ok',
      help: '1 where a check passes',
      labelNames: ['check'],
      registers,
    });
    this.details = new Gauge({
      name: 'solyx_check_value',
      help: 'Numbers that checks report, such as lag in seconds',
      labelNames: ['check', 'detail'],
      registers,
    });
  }

  async text(health: Health): Promise<string> {
    const { checks } = await health.report();
    for (const [check, { ok, details }] of Object.entries(checks)) {
      this.probes.set({ check }, ok ? 1 : 0);
      for (const [detail, value] of Object.entries(details ?? {})) {
        if (typeof value === 'number') this.details.set({ check, detail }, value);
        if (typeof value === 'boolean') this.details.set({ check, detail }, value ? 1 : 0);
      }
    }
    return `${await this.registry.metrics()}\n${await sharedRegistry().metrics()}`;
  }
}

/** Times every append, by outcome. */
export function observeLog(log: EventLog, { registry }: Metrics): void {
  const seconds = new Histogram({
    name: 'solyx_append_seconds',
    help: 'Time until the event store acknowledged an append',
    labelNames: ['outcome'],
    buckets: SECONDS,
    registers: [registry],
  });
  const append = log.append.bind(log);
  log.append = async (...call) => {
    const stop = seconds.startTimer();
    try {
      const appended = await append(...call);
      stop({ outcome: 'ok' });
      return appended;
    } catch (error) {
      stop({ outcome: error instanceof SolyxError ? error.code : error instanceof Error ? error.name : 'unknown' });
      throw error;
    }
  };
}

/** Counts every command, by type and outcome. */
export function observeStreams(streams: Streams, { registry }: Metrics): void {
  const commands = new Counter({
    name: 'solyx_commands_total',
    help: 'Commands decided',
    labelNames: ['command', 'outcome'],
    registers: [registry],
  });
  const transact = streams.transact.bind(streams) as (...call: readonly unknown[]) => Promise<{ accepted: boolean }>;
  const observed = async (...call: readonly unknown[]): Promise<unknown> => {
    const { type: command } = call[2] as { readonly type: string };
    try {
      const outcome = await transact(...call);
      commands.inc({ command, outcome: outcome.accepted ? 'accepted' : 'refused' });
      return outcome;
    } catch (error) {
      commands.inc({ command, outcome: SolyxError.from(error).code });
      throw error;
    }
  };
  streams.transact = observed as Streams['transact'];
}
