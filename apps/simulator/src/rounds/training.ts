import { gnsBatches, isCritical, largestBatch, stepsPerEpoch } from './adaptation';
import type { Throughputs, TrainingSpec } from './trace';

/** A job that runs half as long again as its profile says is taken as done, as published. */
const OVERTIME = 1.5;
/** Epochs of GNS that are looked at, beyond the last one. */
const GNS_EPOCHS = 760;

/** A training job while it runs: its steps, its batch, and the change of batch that takes hold with its next round. */
export class Training {
  batch: number;
  steps: number;
  stepsRun = 0;
  /** Seconds that it ran. */
  ranSeconds = 0;
  roundsRun = 0;
  finishedAt: number | undefined;
  private wish: 'larger' | 'smaller' | undefined;
  private rate: number;

  constructor(
    readonly spec: TrainingSpec,
    private readonly throughputs: Throughputs,
  ) {
    this.batch = spec.batch;
    this.steps = spec.steps;
    this.rate = throughputs(spec.model, spec.batch, spec.gpus) ?? 1;
  }

  get stepsLeft(): number {
    return this.steps - this.stepsRun;
  }

  /** Steps per second now. */
  get throughput(): number {
    return this.rate;
  }

  /** Whole epochs that are done. */
  get epoch(): number {
    return Math.floor(this.stepsRun / stepsPerEpoch(this.spec.model, this.batch));
  }

  /** Steps of a round of so many seconds. */
  stepsIn(seconds: number): number {
    return Math.min(Math.floor(this.rate * seconds), this.stepsLeft);
  }

  /** A round is over. Returns whether the job is done. */
  ran(steps: number, seconds: number): boolean {
    this.ranSeconds += seconds;
    this.roundsRun += 1;
    this.stepsRun += steps;
    const done = this.stepsLeft <= 0 || this.ranSeconds > Math.floor(this.spec.aloneSeconds * OVERTIME);
    if (!done) this.rescale();
    this.wish = undefined;
    return done;
  }

  /** At the end of each round, run or not: what batch the job would like. */
  adapt(): void {
    const { model, mode, batch: first, gpus } = this.spec;
    const largest = largestBatch(model);
    if (mode === 'static' || (mode === 'accordion' && largest === undefined)) return;
    const epoch = Math.ceil(this.stepsRun / stepsPerEpoch(model, this.batch));
    if (mode === 'gns') {
      const ahead = gnsBatches(model, first, Math.max(GNS_EPOCHS, epoch + 2), gpus);
      const grows = (ahead[epoch + 1] ?? 0) > this.batch || (ahead[epoch] ?? 0) > this.batch;
      if (grows && this.batch !== largest) this.wish = 'larger';
      return;
    }
    const critical = isCritical(model, first, epoch);
    if (this.batch === first && !critical && this.batch !== largest) this.wish = 'larger';
    else if (this.batch !== first && critical) this.wish = 'smaller';
  }

  /** Takes the batch that was wished for, and keeps the number of epochs and those that are done. */
  private rescale(): void {
    const { model, mode, batch: first, gpus } = this.spec;
    const largest = largestBatch(model);
    if (this.wish === undefined || largest === undefined || first === largest) return;
    const to = mode === 'gns' ? this.batch * 2 : this.wish === 'larger' ? largest : first;
    const rate = this.throughputs(model, to, gpus);
    if (rate === undefined) return;
    const [before, after] = [stepsPerEpoch(model, this.batch), stepsPerEpoch(model, to)];
    const epochs = Math.ceil(this.steps / before);
    const scaled = Math.ceil((this.steps * this.batch) / to);
    this.steps = Math.ceil(scaled / after) === epochs ? scaled : after * epochs;
    this.stepsRun = Math.ceil(this.stepsRun / before) * after;
    this.batch = to;
    this.rate = rate;
  }
}
