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
  /** The required checks that failed; empty where it is ready. */
  readonly failing: readonly string[];
  readonly checks: Readonly<Record<string, ProbeResult>>;
}

const CHECK_WITHIN_MS = 1_500;
/** Probes ask other servers: many askers share one round. */
const FRESH_MS = 500;

/** Readiness: every required probe passes, and the service is neither starting nor draining. */
export class Health {
  private readonly probes = new Map<string, Probe>();
  private state: 'starting' | 'running' | 'draining' = 'starting';
  /** The newest round, by how long its checks may take. */
  private readonly last = new Map<number, { readonly at: number; readonly checks: Promise<HealthReport['checks']> }>();

  add(probe: Probe): void {
    this.probes.set(probe.name, probe);
  }

  running(): void {
    this.state = 'running';
  }

  draining(): void {
    this.state = 'draining';
  }

  /** A check that takes longer than `withinMs` has failed. */
  async report(withinMs = CHECK_WITHIN_MS): Promise<HealthReport> {
    const now = performance.now();
    let round = this.last.get(withinMs);
    if (!round || now - round.at > FRESH_MS) {
      round = { at: now, checks: this.checkAll(withinMs) };
      this.last.set(withinMs, round);
    }
    const checks = await round.checks;
    const required = [...this.probes.values()].filter((probe) => probe.required);
    const failed = required.map(({ name }) => name).filter((name) => checks[name]?.ok !== true);
    const failing = this.state === 'running' ? failed : [`service ${this.state}`, ...failed];
    const ready = failing.length === 0;
    return {
      ready,
      failing,
      checks: { service: { ok: this.state === 'running', details: { state: this.state } }, ...checks },
    };
  }

  private async checkAll(withinMs: number): Promise<HealthReport['checks']> {
    const results = [...this.probes.values()].map(
      async (probe) => [probe.name, await checkOne(probe, withinMs)] as const,
    );
    return Object.fromEntries(await Promise.all(results));
  }
}

async function checkOne(probe: Probe, withinMs: number): Promise<ProbeResult> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<ProbeResult>((resolve) => {
    timer = setTimeout(() => resolve({ ok: false, details: { error: 'no answer in time' } }), withinMs);
  });
  try {
    return await Promise.race([probe.check(), late]);
  } catch (error) {
    return { ok: false, details: { error: error instanceof Error ? error.message : String(error) } };
  } finally {
    clearTimeout(timer);
  }
}
