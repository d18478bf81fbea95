import { createHash } from 'node:crypto';
import { replay, type ReplaySetting } from '../replay/replay';
import type { ReplayPolicy } from '../replay/policies';
import type { ReplayResult, Waits } from '../replay/ledger';
import { milliOf, type ReplayJob, type ReplayNode, type ReplayQueue } from '../replay/work';

/** One of the two worlds that are compared. */
export interface Side {
  readonly policy: ReplayPolicy;
  readonly nodes: readonly ReplayNode[];
}

/** What one world came to. Seconds, per cent, USD as text. */
export interface Told {
  readonly policy: string;
  readonly nodes: number;
  readonly gpus: number;
  readonly utilization: number;
  readonly usefulUtilization: number;
  readonly preemptions: number;
  readonly lostGpuHours: number;
  readonly neverRan: number;
  readonly wait: Waits;
  readonly waits: readonly ({ readonly kind: string; readonly preempted: number } & Waits)[];
  readonly costUsd: string;
  readonly makespanSeconds: number;
  /** SHA-256 of when each job began and ended: two runs of the same are the same. */
  readonly digest: string;
}

/** How the jobs of one queue fare under b against a, by when they end. */
export interface Fares {
  readonly queue: string;
  readonly jobs: number;
  readonly better: number;
  readonly worse: number;
  /** Seconds that its jobs end earlier, on average. */
  readonly meanGain: number;
}

export interface Changed {
  readonly jobId: string;
  readonly queue: string;
  /** Seconds that it ends earlier; below 0: later. */
  readonly gain: number;
}

export interface Comparison {
  readonly simulated: true;
  readonly jobs: number;
  readonly a: Told;
  readonly b: Told;
  /** b less a. */
  readonly difference: {
    readonly utilization: number;
    readonly usefulUtilization: number;
    readonly meanWait: number;
    readonly p95Wait: number;
    readonly preemptions: number;
    readonly costUsd: string;
    readonly makespanSeconds: number;
  };
  readonly queues: readonly Fares[];
  readonly bestOff: readonly Changed[];
  readonly worstOff: readonly Changed[];
}

const NAMED = 10;
const DEFAULTS = { minRuntimeSeconds: 600, saveSeconds: 1_800, restartSeconds: 30 };

/** Three places behind the point: what is told is told the same on every machine. */
const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

/** Micro-USD as USD with two places. */
export function usdOf(microUsd: bigint): string {
  const cents = (microUsd + (microUsd < 0n ? -5_000n : 5_000n)) / 10_000n;
  const [sign, value] = cents < 0n ? ['-', -cents] : ['', cents];
  return `${sign}${value / 100n}.${String(value % 100n).padStart(2, '0')}`;
}

const roundedWaits = ({ jobs, mean, p50, p95, p99 }: Waits): Waits => ({ jobs, mean: rounded(mean), p50, p95, p99 });

function digestOf({ begun, ended }: ReplayResult): string {
  const hash = createHash('sha256');
  for (const times of [begun, ended]) hash.update(Buffer.from(times.buffer, times.byteOffset, times.byteLength));
  return hash.digest('hex');
}

function told(side: Side, result: ReplayResult): Told {
  return {
    policy: side.policy.name,
    nodes: side.nodes.length,
    gpus: side.nodes.reduce((sum, { gpus }) => sum + gpus, 0),
    utilization: rounded(result.utilization),
    usefulUtilization: rounded(result.useful),
    preemptions: result.preemptions,
    lostGpuHours: rounded(result.lostGpuHours),
    neverRan: result.never,
    wait: roundedWaits(result.waits),
    waits: result.kinds.map(({ kind, preempted, ...waits }) => ({ kind, preempted, ...roundedWaits(waits) })),
    costUsd: usdOf(result.costMicroUsd),
    makespanSeconds: rounded(result.makespan),
    digest: digestOf(result),
  };
}

/** Each queue's quota is its part of what was asked for, as the journal knows no other. */
function queuesOf(jobs: readonly ReplayJob[]): readonly ReplayQueue[] {
  const asked = new Map<string, number>();
  for (const job of jobs) asked.set(job.queue, (asked.get(job.queue) ?? 0) + milliOf(job) * job.seconds);
  const all = [...asked.values()].reduce((sum, value) => sum + value, 0);
  return [...asked]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, nominalPerMille: Math.max(1, Math.round((value * 1_000) / Math.max(1, all))) }));
}

function changes(jobs: readonly ReplayJob[], a: ReplayResult, b: ReplayResult): readonly Changed[] {
  return jobs.map(({ jobId, queue }, job) => {
    const [one, other] = [a.ended[job] ?? Number.NaN, b.ended[job] ?? Number.NaN];
    const gain = Number.isNaN(one) || Number.isNaN(other) ? 0 : one - other;
    return { jobId, queue, gain };
  });
}

function faresOf(changed: readonly Changed[]): readonly Fares[] {
  const queues = new Map<string, { jobs: number; better: number; worse: number; sum: number }>();
  for (const { queue, gain } of changed) {
    const fares = queues.get(queue) ?? { jobs: 0, better: 0, worse: 0, sum: 0 };
    fares.jobs += 1;
    fares.sum += gain;
    if (gain > 0) fares.better += 1;
    if (gain < 0) fares.worse += 1;
    queues.set(queue, fares);
  }
  return [...queues]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([queue, { jobs, better, worse, sum }]) => ({ queue, jobs, better, worse, meanGain: rounded(sum / jobs) }));
}

/** Plays the jobs in both worlds and says how they differ. Deterministic: the same input gives the same bytes. */
export function compare(jobs: readonly ReplayJob[], a: Side, b: Side): Comparison {
  const until = jobs.at(-1)?.arrivedAt ?? 0;
  const queues = queuesOf(jobs);
  const play = ({ policy, nodes }: Side): ReplayResult => {
    const setting: ReplaySetting = { nodes, queues, slicePrices: [], from: 0, until: Math.max(1, until), ...DEFAULTS };
    return replay(jobs, setting, policy);
  };
  const [one, other] = [play(a), play(b)];
  const [toldA, toldB] = [told(a, one), told(b, other)];
  const changed = changes(jobs, one, other);
  const byGain = [...changed].sort((x, y) => y.gain - x.gain || (x.jobId < y.jobId ? -1 : 1));
  return {
    simulated: true,
    jobs: jobs.length,
    a: toldA,
    b: toldB,
    difference: {
      utilization: rounded(other.utilization - one.utilization),
      usefulUtilization: rounded(other.useful - one.useful),
      meanWait: rounded(other.waits.mean - one.waits.mean),
      p95Wait: rounded(other.waits.p95 - one.waits.p95),
      preemptions: other.preemptions - one.preemptions,
      costUsd: usdOf(other.costMicroUsd - one.costMicroUsd),
      makespanSeconds: rounded(other.makespan - one.makespan),
    },
    queues: faresOf(changed),
    bestOff: byGain.filter(({ gain }) => gain > 0).slice(0, NAMED),
    worstOff: byGain
      .filter(({ gain }) => gain < 0)
      .reverse()
      .slice(0, NAMED),
  };
}
