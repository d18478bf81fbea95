import { formatMicro } from '@solyx/kernel';
import type { RunResult } from './run';

const HOUR_MS = 3_600_000;

const countsOf = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ') || 'none';

/** What makes the same run happen again. */
export const commandFor = ({ seed }: RunResult, jobs: number | undefined): string =>
  `node apps/simulator/dist/main.js --seed ${seed}${jobs === undefined ? '' : ` --jobs ${jobs}`} --verbose`;

/** One seed in one line. */
export const lineOf = (result: RunResult): string =>
  `seed ${result.seed} (${result.profile}): ${result.violation ? 'FAILED' : 'ok'}, ${result.events} events, ` +
  `${(result.virtualMs / 1000).toFixed(0)} s, jobs: ${countsOf(result.jobs)}; ${result.hash.slice(0, 16)}`;

/** What failed, what happened last, and how to see it again. */
export function failureOf(result: RunResult, jobs: number | undefined): string {
  const { violation, seed, profile, lastEvents, faults } = result;
  if (!violation) return '';
  return [
    `SEED ${seed} FAILED (${profile}), ${(violation.atMs / 1000).toFixed(3)} s after the start`,
    `  violated: ${violation.invariant}`,
    `  ${violation.message}`,
    `  faults so far: ${countsOf(faults)}`,
    '  last events:',
    ...lastEvents.map((line) => `    ${line}`),
    `  again: ${commandFor(result, jobs)}`,
  ].join('\n');
}

/** Sums over many runs. */
export class Summary {
  private runs = 0;
  private failed = 0;
  private events = 0;
  private virtualMs = 0;
  private requests = 0;
  private decisions = 0;
  private compared = 0;
  private preemptions = 0;
  private charged = 0n;
  private readonly faults: Record<string, number> = {};
  private readonly jobs: Record<string, number> = {};

  add(result: RunResult): void {
    this.runs += 1;
    if (result.violation) this.failed += 1;
    this.events += result.events;
    this.virtualMs += result.virtualMs;
    this.requests += result.requests;
    this.decisions += result.decisionsChecked;
    this.compared += result.comparedWithOwned;
    this.preemptions += result.preemptions;
    this.charged += result.chargedMicroUsd;
    for (const [name, count] of Object.entries(result.faults)) this.faults[name] = (this.faults[name] ?? 0) + count;
    for (const [name, count] of Object.entries(result.jobs)) this.jobs[name] = (this.jobs[name] ?? 0) + count;
  }

  /** `seconds` is the real time that it took. */
  text(seconds: number): string {
    return [
      `${this.runs} runs, ${this.failed} failed, in ${seconds.toFixed(1)} s`,
      `  virtual time: ${(this.virtualMs / HOUR_MS).toFixed(1)} h; events: ${this.events}; requests: ${this.requests}`,
      `  jobs by end: ${countsOf(this.jobs)}; charged ${formatMicro(this.charged, true)} USD (simulated)`,
      `  decisions replayed: ${this.decisions}; evictions: ${this.preemptions}; leased grants compared with owned nodes: ${this.compared}`,
      `  faults: ${countsOf(this.faults)}`,
    ].join('\n');
  }
}
