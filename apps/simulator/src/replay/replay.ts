import { Agenda } from './heap';
import { Ground, mixOf, type JobClass, type SlicePrices, type Stay } from './ground';
import { headOf, Line, type Group } from './line';
import { Ledger, type ReplayResult } from './ledger';
import type { ReplayPolicy } from './policies';
import { milliOf, type ReplayJob, type ReplayNode, type ReplayQueue } from './work';

export interface ReplaySetting {
  readonly nodes: readonly ReplayNode[];
  readonly queues: readonly ReplayQueue[];
  readonly slicePrices: SlicePrices;
  /** What is measured: from when until when, in seconds. */
  readonly from: number;
  readonly until: number;
  /** Work that runs shorter than this is not made to leave. */
  readonly minRuntimeSeconds: number;
  /** Work that leaves loses what it did since it last saved. */
  readonly saveSeconds: number;
  /** To stop one place and begin at another. */
  readonly restartSeconds: number;
}

/** Jobs for which others shall leave, at one instant; and the seconds after which a group asks again. */
const EVICTIONS_PER_INSTANT = 4;
const ASK_AGAIN_SECONDS = 60;
/** What waits no longer than this makes nobody leave. */
const ASK_AFTER_SECONDS = 120;
/** No more work is lost for a job than this long of what it asks for. */
const LOSS_SECONDS_MAX = 600;
/** Jobs that leave for one. */
const VICTIMS_MAX = 8;

interface Running {
  readonly stay: Stay;
  readonly begun: number;
  attempt: number;
}

/** Plays jobs over time on nodes under one policy. The jobs are in order of arrival. Deterministic. */
export class Replay {
  private readonly ground: Ground;
  private readonly line: Line;
  private readonly agenda = new Agenda();
  private readonly ledger: Ledger;
  private readonly classes: readonly JobClass[];
  private readonly running = new Map<number, Running>();
  private readonly onNode: Set<number>[];
  private readonly left: Float64Array;
  private readonly attempts: Int32Array;
  private readonly used = new Map<string, { milli: number; cpu: number; memory: number }>();
  private readonly shares = new Map<string, number>();
  private readonly nominal: ReadonlyMap<string, number>;
  private now = 0;
  private evictions = 0;
  private readonly lowest: number;
  private readonly highest: number;
  private readonly evictableMilli: Int32Array;

  constructor(
    private readonly jobs: readonly ReplayJob[],
    private readonly setting: ReplaySetting,
    private readonly policy: ReplayPolicy,
  ) {
    const { nodes, slicePrices, queues } = setting;
    this.ground = new Ground(nodes, mixOf(jobs), slicePrices, policy.weights);
    this.classes = jobs.map((job) => this.ground.classOf(job));
    this.line = new Line((job) => jobs[job]?.arrivedAt ?? 0);
    this.left = Float64Array.from(jobs, ({ seconds }) => seconds);
    this.attempts = new Int32Array(jobs.length);
    this.onNode = nodes.map(() => new Set<number>());
    this.nominal = new Map(queues.map(({ name, nominalPerMille }) => [name, nominalPerMille]));
    this.lowest = jobs.reduce((least, { priority }) => Math.min(least, priority), Number.POSITIVE_INFINITY);
    this.highest = jobs.reduce((most, { priority }) => Math.max(most, priority), Number.NEGATIVE_INFINITY);
    this.evictableMilli = new Int32Array(nodes.length);
    this.ledger = new Ledger(jobs, setting, this.ground.capacityMilli);
  }

  run(): ReplayResult {
    let arrived = 0;
    for (;;) {
      const arrival = this.jobs[arrived]?.arrivedAt;
      const end = this.agenda.next;
      if (arrival === undefined && end === undefined) break;
      this.now = Math.min(arrival ?? Number.POSITIVE_INFINITY, end ?? Number.POSITIVE_INFINITY);
      this.ledger.passTo(this.now);
      while (this.agenda.next === this.now) this.end();
      for (let job = this.jobs[arrived]; job?.arrivedAt === this.now; job = this.jobs[arrived]) {
        this.wait(arrived);
        arrived += 1;
      }
      this.schedule();
    }
    return this.ledger.result(this.policy.name, this.line.length);
  }

  private wait(job: number): void {
    const one = this.jobs[job];
    const jobClass = this.classes[job];
    if (one && jobClass) this.line.add(job, one.queue, one.priority, jobClass);
  }

  private end(): void {
    const { job, attempt } = this.agenda.take();
    if (this.attempts[job] !== attempt || !this.running.has(job)) return;
    this.ledger.ended(job, this.now);
    this.leave(job);
  }

  /** Gives back what a job held, and lets those look again who could use it. */
  private leave(job: number): void {
    const running = this.running.get(job);
    const jobClass = this.classes[job];
    if (!running || !jobClass) return;
    this.running.delete(job);
    this.ground.leave(running.stay, jobClass.terms.shape);
    this.account(job, -1);
    if (this.policy.preempts && this.isEvictable(job)) this.track(job, running.stay.nodes, -1);
    for (const at of running.stay.nodes) {
      for (const other of this.ground.all) {
        if (this.line.isHeldUp(other.id) && this.ground.fits(other, at)) this.line.unblock(other.id);
      }
    }
  }

  private schedule(): void {
    this.evictions = 0;
    if (this.policy.preempts) this.line.wake(this.now, ASK_AFTER_SECONDS, ASK_AGAIN_SECONDS);
    for (;;) {
      const group = this.line.first(this.policy, this.shares, this.now);
      if (!group) return;
      const head = headOf(group) ?? 0;
      const stay = this.ground.place(group.jobClass) ?? this.makeRoom(group, head);
      if (stay) this.begin(group, head, stay);
      else if (this.policy.strict) return;
      else group.blocked = true;
    }
  }

  private begin(group: Group, job: number, stay: Stay): void {
    this.line.takeHead(group);
    const attempt = (this.attempts[job] ?? 0) + 1;
    this.attempts[job] = attempt;
    this.running.set(job, { stay, begun: this.now, attempt });
    if (this.policy.preempts && this.isEvictable(job)) this.track(job, stay.nodes, 1);
    const again = attempt > 1 ? this.setting.restartSeconds : 0;
    this.agenda.add(this.now + again + (this.left[job] ?? 0), job, attempt);
    this.account(job, 1);
    this.ledger.began(job, this.now, stay.nodes);
  }

  /** Work that others may be asked to make room for is looked for among these alone. */
  private isEvictable(job: number): boolean {
    const one = this.jobs[job];
    return one !== undefined && one.nodes === 1 && one.gpus > 0 && one.priority < this.highest;
  }

  private track(job: number, nodes: readonly number[], sign: number): void {
    const milli = sign * milliOf(this.jobs[job] ?? { nodes: 0, gpus: 0, gpuMilli: 0 });
    for (const at of nodes) {
      if (sign > 0) this.onNode[at]?.add(job);
      else this.onNode[at]?.delete(job);
      this.evictableMilli[at] = (this.evictableMilli[at] ?? 0) + milli;
    }
  }

  /** What the queue of a job holds, and its share: dominant of all, or GPUs against its quota. */
  private account(job: number, sign: number): void {
    const one = this.jobs[job];
    if (!one) return;
    const used = this.used.get(one.queue) ?? { milli: 0, cpu: 0, memory: 0 };
    used.milli += sign * milliOf(one);
    used.cpu += sign * one.nodes * one.cpuMilli;
    used.memory += sign * one.nodes * one.memoryMiB;
    this.used.set(one.queue, used);
    const { capacityMilli, cpuMilli, memoryMiB } = this.ground;
    const share =
      this.policy.order === 'fair'
        ? used.milli / Math.max(1, this.nominal.get(one.queue) ?? 1)
        : Math.max(used.milli / Math.max(1, capacityMilli), used.cpu / cpuMilli, used.memory / memoryMiB);
    this.shares.set(one.queue, share);
  }

  /** Those leave one node that lose least, so that the job fits there. Their work is saved up to the last time. */
  private makeRoom(group: Group, job: number): Stay | undefined {
    const one = this.jobs[job];
    if (!this.policy.preempts || !one || this.evictions >= EVICTIONS_PER_INSTANT) return undefined;
    if (this.now - one.arrivedAt < ASK_AFTER_SECONDS || this.now - group.askedAt < ASK_AGAIN_SECONDS) return undefined;
    group.askedAt = this.now;
    if (one.nodes > 1 || one.priority <= this.lowest) return undefined;
    this.evictions += 1;
    let best: { readonly victims: readonly number[]; readonly loss: number } | undefined;
    this.setting.nodes.forEach((_, at) => {
      if (!group.jobClass.terms.allowed(at)) return;
      const found = this.victimsOn(at, group.jobClass, one.priority, best?.loss ?? milliOf(one) * LOSS_SECONDS_MAX);
      if (found && (!best || found.loss < best.loss)) best = found;
    });
    if (!best) return undefined;
    for (const victim of best.victims) this.evict(victim);
    return this.ground.place(group.jobClass);
  }

  /** Work on a node that would leave, least loss first, until the class fits. */
  private victimsOn(
    at: number,
    jobClass: JobClass,
    priority: number,
    bound: number,
  ): { readonly victims: readonly number[]; readonly loss: number } | undefined {
    const { shape } = jobClass.terms;
    const wanted = shape.gpus * shape.gpuMilli;
    if ((this.evictableMilli[at] ?? 0) + this.ground.freeMilli(at) < wanted) return undefined;
    const { minRuntimeSeconds, saveSeconds } = this.setting;
    const able: { readonly job: number; readonly loss: number }[] = [];
    let milli = 0;
    for (const job of this.onNode[at] ?? []) {
      const one = this.jobs[job];
      const ran = this.now - (this.running.get(job)?.begun ?? this.now);
      if (!one || one.priority >= priority || ran < minRuntimeSeconds) continue;
      able.push({ job, loss: milliOf(one) * (ran % saveSeconds) });
      milli += milliOf(one);
    }
    if (able.length === 0 || milli + this.ground.freeMilli(at) < wanted) return undefined;
    able.sort((a, b) => a.loss - b.loss || a.job - b.job);
    const victims: number[] = [];
    let loss = 0;
    for (const { job, loss: more } of able.slice(0, VICTIMS_MAX)) {
      victims.push(job);
      loss += more;
      if (loss >= bound) break;
      if (this.wouldFit(at, jobClass, victims)) return { victims: this.needed(at, jobClass, victims), loss };
    }
    return undefined;
  }

  /** Those of the victims without whom it would not fit. */
  private needed(at: number, jobClass: JobClass, victims: readonly number[]): readonly number[] {
    let kept = victims;
    for (const victim of [...victims].reverse()) {
      const fewer = kept.filter((job) => job !== victim);
      if (fewer.length > 0 && this.wouldFit(at, jobClass, fewer)) kept = fewer;
    }
    return kept;
  }

  private wouldFit(at: number, jobClass: JobClass, victims: readonly number[]): boolean {
    return this.ground.fitsWithout(
      jobClass,
      at,
      victims.flatMap((job) => {
        const stay = this.running.get(job)?.stay;
        const shape = this.classes[job]?.terms.shape;
        return stay && shape ? [{ shape, gpus: stay.gpus[stay.nodes.indexOf(at)] ?? [] }] : [];
      }),
    );
  }

  private evict(job: number): void {
    const running = this.running.get(job);
    if (!running) return;
    const ran = Math.max(0, this.now - running.begun - (running.attempt > 1 ? this.setting.restartSeconds : 0));
    const saved = Math.floor(ran / this.setting.saveSeconds) * this.setting.saveSeconds;
    this.left[job] = Math.max(1, (this.left[job] ?? 0) - saved);
    this.ledger.evicted(job, this.now, ran - saved);
    this.leave(job);
    this.wait(job);
  }
}

/** Plays the jobs, which are in order of arrival, under one policy. */
export const replay = (jobs: readonly ReplayJob[], setting: ReplaySetting, policy: ReplayPolicy): ReplayResult =>
  new Replay(jobs, setting, policy).run();
