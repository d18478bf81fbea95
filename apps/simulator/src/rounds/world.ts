import type { Throughputs, TrainingSpec } from './trace';
import { Training } from './training';

/** Rounds that are run at most. */
const ROUNDS_MAX = 1_000_000;
/** A round that is shorter by more than this is somebody's last one: no restart is taken from it, as published. */
const SHORT_ROUND_SECONDS = 5;

export interface RoundsSetting {
  readonly gpus: number;
  readonly roundSeconds: number;
  /** Lost by a job that did not run in the round before. */
  readonly restartSeconds: number;
}

export interface RoundsView extends RoundsSetting {
  /** Seconds since the trace began. */
  readonly now: number;
  /** Jobs that have arrived and are not done, in order of arrival. */
  readonly jobs: readonly Training[];
  readonly ranBefore: ReadonlySet<number>;
  readonly arrived: number;
}

/** Says which jobs run in the next round. Must fit the GPUs. */
export interface RoundsPolicy {
  readonly name: string;
  choose(view: RoundsView): readonly Training[];
  /** Told after each round how long each job ran. */
  ran?(seconds: ReadonlyMap<number, number>): void;
}

export interface JobOutcome {
  readonly jobId: number;
  readonly gpus: number;
  readonly arrivedAt: number;
  /** Seconds from arrival to the end. */
  readonly completion: number;
  /** Completion over (time alone × contention of the trace): above 1, a fair share of its own would have been better. */
  readonly fairness: number;
  readonly restarts: number;
}

export interface RoundsResult {
  readonly policy: string;
  readonly makespan: number;
  readonly averageCompletion: number;
  readonly worstFairness: number;
  /** Per cent of the jobs whose fairness is above 1.05. */
  readonly unfair: number;
  readonly utilization: number;
  readonly rounds: number;
  readonly jobs: readonly JobOutcome[];
}

/** Above this a job was treated unfairly, as published: measurements are not finer. */
const FAIR_UP_TO = 1.05;

interface Done {
  readonly training: Training;
  readonly restarts: number;
}

function measure(policy: string, all: readonly Done[], setting: RoundsSetting, world: World): RoundsResult {
  const contention = Math.max(1, all.length / setting.gpus);
  const jobs = all.map(({ training: { spec, finishedAt = 0 }, restarts }) => {
    const completion = finishedAt - spec.arrivedAt;
    const fairness = Math.round((completion / (spec.aloneSeconds * contention)) * 1e5) / 1e5;
    return { jobId: spec.jobId, gpus: spec.gpus, arrivedAt: spec.arrivedAt, completion, fairness, restarts };
  });
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    policy,
    makespan: world.now,
    averageCompletion: mean(jobs.map(({ completion }) => completion)),
    worstFairness: Math.max(...jobs.map(({ fairness }) => fairness)),
    unfair: (jobs.filter(({ fairness }) => fairness > FAIR_UP_TO).length / jobs.length) * 100,
    utilization: world.gpuSeconds / (setting.gpus * world.now),
    rounds: world.rounds,
    jobs,
  };
}

/** The clock and the jobs of one run. */
class World {
  now = 0;
  rounds = 0;
  gpuSeconds = 0;
  private ranBefore: ReadonlySet<number> = new Set();
  private readonly restarts = new Map<number, number>();
  private active: Training[] = [];
  private arrived = 0;

  constructor(
    private readonly specs: readonly TrainingSpec[],
    private readonly throughputs: Throughputs,
    private readonly setting: RoundsSetting,
  ) {}

  readonly done: Training[] = [];

  get outcomes(): readonly Done[] {
    return [...this.done]
      .sort((a, b) => a.spec.jobId - b.spec.jobId)
      .map((training) => ({ training, restarts: this.restarts.get(training.spec.jobId) ?? 0 }));
  }

  /** Lets in those that have arrived. False when all is over. */
  admit(): boolean {
    if (this.active.length === 0) {
      const next = this.specs[this.arrived];
      if (!next) return false;
      this.now = Math.max(this.now, next.arrivedAt);
    }
    for (let next = this.specs[this.arrived]; next && next.arrivedAt <= this.now; next = this.specs[this.arrived]) {
      this.active.push(new Training(next, this.throughputs));
      this.arrived += 1;
    }
    return true;
  }

  view(): RoundsView {
    return { ...this.setting, now: this.now, jobs: this.active, ranBefore: this.ranBefore, arrived: this.arrived };
  }

  /** One round: all begin together, it ends with the last of them. Returns the seconds that each ran. */
  run(chosen: readonly Training[]): ReadonlyMap<number, number> {
    const { roundSeconds, restartSeconds } = this.setting;
    const begun = this.now;
    const ends = new Map<Training, number>();
    for (const job of chosen) ends.set(job, begun + job.stepsIn(roundSeconds) / job.throughput);
    this.now = chosen.length === 0 ? begun + roundSeconds : Math.max(...ends.values());
    const seconds = new Map<number, number>();
    for (const [job, end] of ends) {
      let ran = end - begun;
      let steps = job.stepsIn(roundSeconds);
      const id = job.spec.jobId;
      if (this.rounds > 0 && !this.ranBefore.has(id)) {
        if (job.roundsRun > 0) this.restarts.set(id, (this.restarts.get(id) ?? 0) + 1);
        if (ran > roundSeconds - SHORT_ROUND_SECONDS) {
          steps = Math.floor((steps * (ran - restartSeconds)) / ran);
          ran -= restartSeconds;
        }
      }
      this.gpuSeconds += ran * job.spec.gpus;
      seconds.set(id, ran);
      if (job.ran(steps, ran)) job.finishedAt = end;
    }
    this.close(chosen);
    return seconds;
  }

  private close(chosen: readonly Training[]): void {
    this.ranBefore = new Set(chosen.map(({ spec }) => spec.jobId));
    this.done.push(...chosen.filter(({ finishedAt }) => finishedAt !== undefined));
    this.active = this.active.filter(({ finishedAt }) => finishedAt === undefined);
    for (const job of this.active) job.adapt();
    this.rounds += 1;
  }
}

/** Plays a trace in rounds under one policy. The specs are in order of arrival. */
export function playRounds(
  specs: readonly TrainingSpec[],
  throughputs: Throughputs,
  setting: RoundsSetting,
  policy: RoundsPolicy,
): RoundsResult {
  const world = new World(specs, throughputs, setting);
  while (world.admit()) {
    const chosen = policy.choose(world.view());
    const asked = chosen.reduce((sum, { spec }) => sum + spec.gpus, 0);
    if (asked > setting.gpus) throw new RangeError(`${policy.name} chose ${asked} GPUs of ${setting.gpus}.`);
    const seconds = world.run(chosen);
    policy.ran?.(seconds);
    if (world.rounds >= ROUNDS_MAX) throw new RangeError(`${policy.name} is not done after ${ROUNDS_MAX} rounds.`);
  }
  return measure(policy.name, world.outcomes, setting, world);
}
