import { Logger } from '@nestjs/common';
import type { Recorded } from '@solyx/kernel';
import { holdIdOf } from '@solyx/billing';
import { DecisionReplay } from '@solyx/eventing';
import { checkAnswers, checkRequests } from './invariants/answers';
import { checkBooks, checkHeads } from './invariants/books';
import { checkStates, checkViews } from './invariants/rebuild';
import { NO_FAULTS } from './plane/faults';
import { Plane, type Mutant, type Violation } from './plane/plane';
import { scheduleTrouble } from './plane/trouble';
import type { Action } from './scenario/actions';
import type { Scenario } from './scenario/scenario';

const MINUTE_MS = 60_000;
/** So long nothing is granted any more before what waits is taken to wait in vain. */
const VAIN_MS = 20_000;
const LOOK_EVERY_MS = 250;
const RETRY_ROUNDS_MAX = 6;
const FOLD_EVERY_MS = 15_000;
const LAST_EVENTS = 25;

export interface RunResult {
  readonly seed: number;
  readonly profile: string;
  readonly violation: Violation | undefined;
  /** Over the whole log. */
  readonly hash: string;
  readonly events: number;
  readonly steps: number;
  readonly virtualMs: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly jobs: Readonly<Record<string, number>>;
  readonly requests: number;
  readonly chargedMicroUsd: bigint;
  readonly comparedWithOwned: number;
  readonly preemptions: number;
  readonly decisionsChecked: number;
  readonly lastEvents: readonly string[];
}

const lineOf = ({ position, recordedAt, type, stream, data }: Recorded): string =>
  `${position} ${recordedAt.slice(11, 23)} ${type} ${stream} ${JSON.stringify(data).slice(0, 200)}`;

/** One plane from its first event to its last, and all that must hold of it. */
export class Run {
  readonly plane: Plane;
  private requests = 0;
  private decisionsChecked = 0;

  constructor(
    private readonly scenario: Scenario,
    mutant?: Mutant,
  ) {
    Logger.overrideLogger(false);
    this.plane = new Plane(scenario, mutant);
  }

  async play(): Promise<RunResult> {
    const { plane, scenario } = this;
    this.begin();
    await this.until('the beginning', () => plane.scheduler.elapsed >= scenario.chaosMs, 2 * scenario.chaosMs);
    this.calm();
    await this.until('what was begun', () => plane.isQuiet, 30 * MINUTE_MS);
    await this.retryParked();
    await this.until('the jobs', this.nothingMoves(), 60 * MINUTE_MS);
    await this.cancelWaiting();
    await this.leaveLeases();
    await this.verify();
    if (!plane.violation) this.close();
    return this.result();
  }

  private begin(): void {
    const { plane, scenario } = this;
    const { scheduler } = plane;
    const chance = plane.chance.fork('begin');
    for (const process of plane.processes) scheduler.after(chance.between(0, 1_000), () => process.start());
    for (const organizationId of scenario.organizations) {
      scheduler.after(chance.between(500, 1_500), () => void plane.customer.register(organizationId));
    }
    for (const machine of plane.machines) scheduler.after(chance.between(1_000, 4_000), () => void machine.join());
    for (const action of scenario.actions) plane.customer.actLater(action);
    scheduleTrouble(plane);
    this.foldViews();
  }

  /** Views are folded as they would be: a little at a time. */
  private foldViews(): void {
    this.plane.scheduler.after(FOLD_EVERY_MS, () => {
      for (const { views } of this.plane.processes) {
        void views.health().then((all) => {
          const faulty = all.find(({ fault }) => fault !== undefined);
          if (faulty) this.plane.fail('a view folds everything', faulty.fault ?? '');
        });
      }
      this.foldViews();
    });
  }

  /** From here on nothing goes wrong any more. */
  private calm(): void {
    const { plane } = this;
    plane.faults.active = false;
    plane.storeUp();
    for (const process of plane.processes) process.start();
    for (const machine of plane.machines) machine.powerOn();
  }

  /** Goes on until it is so; that it never is, is a violation too. */
  private async until(what: string, isSo: () => boolean, withinMs: number): Promise<void> {
    const { plane } = this;
    const deadline = plane.scheduler.elapsed + withinMs;
    let lookAt = 0;
    while (!plane.violation) {
      const { elapsed } = plane.scheduler;
      if (elapsed >= lookAt) {
        if (isSo()) return;
        lookAt = elapsed + LOOK_EVERY_MS;
      }
      if (elapsed > deadline) plane.fail('everything comes to its end', `${what}: ${this.whatMoves()}`);
      await plane.scheduler.step();
    }
  }

  private whatMoves(): string {
    const { plane } = this;
    const consumers = plane.processes.flatMap(({ consumers: all }) => all).filter(({ waiting }) => waiting > 0);
    const jobs = plane.monitor.jobs.unfinished.map((jobId) => `${jobId} ${plane.monitor.jobs.jobs.get(jobId)?.phase}`);
    const waiting = consumers.map((consumer) => `${consumer.name}: ${consumer.waiting}`);
    return [`requests: ${plane.customer.pending}`, ...waiting, ...jobs].join(', ');
  }

  /** Every job has ended or waits for room, and has done so for a while. */
  private nothingMoves(): () => boolean {
    const { plane } = this;
    let since = Number.POSITIVE_INFINITY;
    let grants = -1;
    return () => {
      const { gpus, jobs } = plane.monitor;
      const stands = plane.isQuiet && jobs.unfinished.every((jobId) => gpus.waiting.has(jobId));
      if (!stands || grants !== gpus.grants) since = plane.scheduler.elapsed;
      grants = gpus.grants;
      return stands && (jobs.unfinished.length === 0 || plane.scheduler.elapsed - since >= VAIN_MS);
    };
  }

  private async act(action: Omit<Action, 'atMs'>): Promise<void> {
    const { plane } = this;
    let isDone = false;
    void plane.customer.act({ ...action, atMs: plane.scheduler.elapsed } as Action).then(() => {
      isDone = true;
    });
    await this.until(`${action.kind} ${action.key}`, () => isDone, 30 * MINUTE_MS);
  }

  /** What was given up while the store was away is asked for again, as an operator does. */
  private async retryParked(): Promise<void> {
    const { plane } = this;
    const [organizationId = ''] = this.scenario.organizations;
    for (let round = 1; round <= RETRY_ROUNDS_MAX && !plane.violation; round += 1) {
      const parked = [];
      for (const { spec, parking } of plane.processes) {
        if ((await parking.list({}, 1)).total > 0) parked.push(spec.definition.context);
      }
      if (parked.length === 0) return;
      if (round === RETRY_ROUNDS_MAX) plane.fail('no event is given up', `still parked: ${parked.join()}`);
      for (const context of parked) {
        await this.act({ kind: 'retryParked', key: `retry-${round}-${context}`, organizationId, context } as never);
      }
      await this.until('what was parked', () => plane.isQuiet, 30 * MINUTE_MS);
    }
  }

  private async cancelWaiting(): Promise<void> {
    const { plane } = this;
    for (const submit of this.scenario.actions) {
      if (submit.kind !== 'submit' || plane.violation) continue;
      const { organizationId, key } = submit;
      const cancel = { kind: 'cancel', organizationId, key: `end-${key}`, submitKey: key, atMs: 0 } as const;
      void plane.customer.act(cancel);
    }
    const isOver = (): boolean => plane.isQuiet && plane.monitor.jobs.unfinished.length === 0;
    await this.until('cancellations', isOver, 30 * MINUTE_MS);
  }

  /** Leases that nobody needs go back by themselves. */
  private async leaveLeases(): Promise<void> {
    const { plane } = this;
    const isGone = (): boolean => {
      const leased = [...plane.monitor.gpus.nodes.values()].filter(({ terms }) => terms.source === 'leased');
      return plane.isQuiet && leased.every(({ here }) => !here);
    };
    await this.until('leases', isGone, 30 * MINUTE_MS);
  }

  /** The plane is asked to prove itself, and then proven from outside. */
  private async verify(): Promise<void> {
    const { plane } = this;
    const [organizationId = ''] = this.scenario.organizations;
    await this.act({ kind: 'verify', key: 'verify-last', organizationId } as never);
    await this.until('the proof', () => plane.isQuiet, 5 * MINUTE_MS);
    const proof = plane.customer.answers.find(({ action }) => action.key === 'verify-last')?.value;
    const { complete, same } = (proof ?? {}) as { complete?: boolean; same?: boolean };
    if (!plane.violation && (complete !== true || !same)) {
      plane.fail('rebuilt state equals live', `replay verify says ${JSON.stringify(proof).slice(0, 2_000)}`);
    }
    await this.drive(async () => {
      await checkStates(plane);
      await checkViews(plane);
      await checkBooks(plane);
      checkHeads(plane);
      const replay = await plane.process('drm').life?.injector.get(DecisionReplay).verify();
      this.decisionsChecked = replay?.checked ?? 0;
      if (replay?.differing !== 0) plane.fail('decisions replay', `${replay?.differing} of ${replay?.checked} differ`);
    });
  }

  private async drive(work: () => Promise<void>): Promise<void> {
    const { plane } = this;
    const state = { isDone: false };
    const failed = (error: unknown): void => {
      plane.fail('nothing breaks', error instanceof Error ? (error.stack ?? error.message) : String(error));
    };
    void work()
      .catch(failed)
      .finally(() => {
        state.isDone = true;
      });
    while (!state.isDone) await plane.scheduler.step();
  }

  private close(): void {
    const { plane } = this;
    const { monitor, customer, log } = plane;
    const fail = (invariant: string, message: string): void => plane.fail(invariant, message);
    this.requests = checkRequests(log, fail);
    checkAnswers(customer.answers, monitor.jobs, fail);
    monitor.money.close([...monitor.jobs.jobs.keys()].map((jobId) => holdIdOf(jobId)));
    if (this.scenario.profile === NO_FAULTS) monitor.money.closeCalm();
    if (monitor.gpus.waiting.size > 0) fail('all queues are empty', `${monitor.gpus.waiting.size} still wait`);
  }

  private result(): RunResult {
    const { plane, scenario } = this;
    const { monitor, log, scheduler, faults } = plane;
    const jobs: Record<string, number> = {};
    for (const { end = 'unfinished' } of monitor.jobs.jobs.values()) jobs[end] = (jobs[end] ?? 0) + 1;
    return {
      ...{ seed: scenario.seed, profile: scenario.profile.name, violation: plane.violation, hash: log.hash() },
      ...{ events: monitor.events, steps: scheduler.steps, virtualMs: scheduler.elapsed, jobs },
      faults: Object.fromEntries(faults.injected),
      requests: this.requests,
      chargedMicroUsd: monitor.money.charged,
      comparedWithOwned: monitor.gpus.comparedWithOwned,
      preemptions: monitor.gpus.preemptions,
      decisionsChecked: this.decisionsChecked,
      lastEvents: log.events.slice(-LAST_EVENTS).map(lineOf),
    };
  }
}

export const runScenario = (scenario: Scenario, mutant?: Mutant): Promise<RunResult> =>
  new Run(scenario, mutant).play();
