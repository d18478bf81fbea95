import { milliOf, type ReplayJob, type ReplayNode } from './work';

export interface Waits {
  readonly jobs: number;
  /** Seconds. */
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface KindResult extends Waits {
  readonly kind: string;
  readonly preempted: number;
}

export interface ReplayResult {
  readonly policy: string;
  readonly jobs: number;
  /** Jobs that never began: no node can ever hold them. */
  readonly never: number;
  /** Per cent of the GPUs that were given to jobs, in the time that is measured. */
  readonly utilization: number;
  /** The same without the work that was lost by preemption. */
  readonly useful: number;
  readonly preemptions: number;
  /** GPU-hours of work done twice. */
  readonly lostGpuHours: number;
  readonly waits: Waits;
  readonly kinds: readonly KindResult[];
  /** What the GPUs that were used cost, micro-USD. */
  readonly costMicroUsd: bigint;
  /** Seconds from first arrival to last end. */
  readonly makespan: number;
  /** When each job first began, and ended: seconds, NaN where it did not; by its place. */
  readonly begun: Float64Array;
  readonly ended: Float64Array;
}

interface Setting {
  readonly nodes: readonly ReplayNode[];
  readonly from: number;
  readonly until: number;
}

function waitsOf(values: readonly number[]): Waits {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const sum = sorted.reduce((all, value) => all + value, 0);
  return {
    jobs: sorted.length,
    mean: sorted.length === 0 ? 0 : sum / sorted.length,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
  };
}

/** Writes down what happens in a replay, and what it comes to. */
export class Ledger {
  private readonly begun: Float64Array;
  private readonly ended_: Float64Array;
  private readonly preempted: Int32Array;
  private readonly since: Float64Array;
  private readonly rate: Float64Array;
  private usedMilli = 0;
  private usedArea = 0;
  private lostArea = 0;
  private preemptions = 0;
  /** GPU-milli × seconds × micro-USD per GPU-hour. */
  private cost = 0n;
  private now = 0;

  constructor(
    private readonly jobs: readonly ReplayJob[],
    private readonly setting: Setting,
    private readonly capacityMilli: number,
  ) {
    this.begun = new Float64Array(jobs.length).fill(Number.NaN);
    this.ended_ = new Float64Array(jobs.length).fill(Number.NaN);
    this.since = new Float64Array(jobs.length);
    this.rate = new Float64Array(jobs.length);
    this.preempted = new Int32Array(jobs.length);
  }

  /** Time passes, with what is used now. */
  passTo(now: number): void {
    const { from, until } = this.setting;
    const seconds = Math.min(now, until) - Math.max(this.now, from);
    if (seconds > 0) this.usedArea += seconds * this.usedMilli;
    this.now = now;
  }

  began(job: number, now: number, nodes: readonly number[]): void {
    const one = this.jobs[job];
    if (!one) return;
    if (Number.isNaN(this.begun[job] ?? 0)) this.begun[job] = now;
    this.usedMilli += milliOf(one);
    this.since[job] = now;
    const rates = nodes.reduce((sum, at) => sum + (this.setting.nodes[at]?.gpuHourMicroUsd ?? 0), 0);
    this.rate[job] = rates * one.gpus * one.gpuMilli;
  }

  ended(job: number, now: number): void {
    this.stop(job, now);
    this.ended_[job] = now;
  }

  /** `lost` are the seconds of its work that are to be done again. */
  evicted(job: number, now: number, lost: number): void {
    this.stop(job, now);
    this.preemptions += 1;
    this.preempted[job] = (this.preempted[job] ?? 0) + 1;
    const one = this.jobs[job];
    if (one && now >= this.setting.from && now <= this.setting.until) this.lostArea += lost * milliOf(one);
  }

  result(policy: string, never: number): ReplayResult {
    const { from, until } = this.setting;
    const measured = this.jobs
      .map((_, job) => job)
      .filter((job) => {
        const { arrivedAt = 0 } = this.jobs[job] ?? {};
        return arrivedAt >= from && arrivedAt <= until && !Number.isNaN(this.begun[job] ?? 0);
      });
    const waitOf = (job: number): number => (this.begun[job] ?? 0) - (this.jobs[job]?.arrivedAt ?? 0);
    const kinds = [...new Set(this.jobs.map(({ kind }) => kind))].sort();
    const area = Math.max(1, this.capacityMilli * (until - from));
    return {
      policy,
      jobs: this.jobs.length,
      never,
      utilization: (this.usedArea / area) * 100,
      useful: ((this.usedArea - this.lostArea) / area) * 100,
      preemptions: this.preemptions,
      lostGpuHours: this.lostArea / 3.6e6,
      waits: waitsOf(measured.map(waitOf)),
      kinds: kinds.map((kind) => {
        const ofKind = measured.filter((job) => this.jobs[job]?.kind === kind);
        const preempted = ofKind.reduce((sum, job) => sum + (this.preempted[job] ?? 0), 0);
        return { kind, preempted, ...waitsOf(ofKind.map(waitOf)) };
      }),
      costMicroUsd: this.cost / 3_600_000n,
      makespan: this.now - (this.jobs[0]?.arrivedAt ?? 0),
      begun: this.begun,
      ended: this.ended_,
    };
  }

  private stop(job: number, now: number): void {
    const one = this.jobs[job];
    if (!one) return;
    this.usedMilli -= milliOf(one);
    const seconds = Math.round(now - (this.since[job] ?? now));
    this.cost += BigInt(this.rate[job] ?? 0) * BigInt(seconds);
  }
}
