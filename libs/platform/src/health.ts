/** What one dependency says of itself. */
export interface ProbeResult {
  readonly ok: boolean;
  /** Numbers and words for people and for /metrics: `{ lagSeconds: 0.2 }`. */
  readonly details?: Readonly<Record<string, string | number | boolean>>;
}

export interface Probe {
  readonly name: string;
  /** The service takes no requests while this fails. Others are only reported. */
  readonly required: boolean;
  check(): Promise<ProbeResult>;
}

export interface HealthReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, ProbeResult>>;
}

const CHECK_WITHIN_MS = 1_500;
/** Probes ask other servers: many askers share one round. */
const FRESH_MS = 500;

/** Readiness: every required probe passes, and the service is neither starting nor draining. */
export class Health {
  private readonly probes = new Map<string, Probe>();
  private state: 'starting' | 'running' | 'draining' = 'starting';
  private last: { readonly at: number; readonly checks: Promise<HealthReport['checks']> } | undefined;

  add(probe: Probe): void {
    this.probes.set(probe.name, probe);
  }

  running(): void {
    this.state = 'running';
  }

  draining(): void {
    this.state = 'draining';
  }

  async report(): Promise<HealthReport> {
    const now = performance.now();
    if (!this.last || now - this.last.at > FRESH_MS) this.last = { at: now, checks: this.checkAll() };
    const checks = await this.last.checks;
    const required = [...this.probes.values()].filter((probe) => probe.required);
    const ready = this.state === 'running' && required.every(({ name }) => checks[name]?.ok === true);
    return { ready, checks: { service: { ok: this.state === 'running', details: { state: this.state } }, ...checks } };
  }

  private async checkAll(): Promise<HealthReport['checks']> {
    const results = [...this.probes.values()].map(async (probe) => [probe.name, await checkOne(probe)] as const);
    return Object.fromEntries(await Promise.all(results));
  }
}

async function checkOne(probe: Probe): Promise<ProbeResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<ProbeResult>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, details: { error: 'no answer in time' } }), CHECK_WITHIN_MS);
  });
  try {
    return await Promise.race([probe.check(), late]);
  } catch (error) {
    return { ok: false, details: { error: error instanceof Error ? error.message : String(error) } };
  } finally {
    clearTimeout(timer);
  }
}
