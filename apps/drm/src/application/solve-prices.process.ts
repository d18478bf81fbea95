import { Injectable } from '@nestjs/common';
import { ShadowPricesObserved } from '@solyx/contracts/drm';
import { OnTick } from '@solyx/eventing';
import { Clock } from '@solyx/kernel';
import { mixOf } from '../domain/demand';
import { driftPpm, patternProgram, payingPattern, plainPatterns, type Pattern } from '../domain/packing/patterns';
import { sharesOf } from '../domain/packing/mix';
import { hedged, SLICE_STEP, sliceDemand } from '../domain/packing/prices';
import { LinearSolver } from './linear-solver';
import { PartitionInbox } from './partition-inbox';

const LOOK_MS = 10_000;
/** The mix has moved by so much of all slices: two in a hundred. */
const DRIFT_MIN_PPM = 20_000;
const MICRO = 1_000_000;
/** Columns beyond the first ones: each round adds the pattern that pays most. */
const ROUNDS_MAX = 200;

/**
 * Keeps the shadow prices of GPU slices up to date: when the mix of work has drifted since they were last worked out, the
 * pattern program is solved beside the event loop, and the prices are recorded as an input of the journal. The scheduler
 * never waits for it, and a replay needs no solver.
 */
@Injectable()
export class SolvePricesProcess {
  constructor(
    private readonly inbox: PartitionInbox,
    private readonly solver: LinearSolver,
    private readonly clock: Clock,
  ) {}

  @OnTick(LOOK_MS)
  async look(): Promise<void> {
    const { demand, shadow } = await this.inbox.state();
    const slices = sliceDemand(mixOf(demand));
    const sizes = [...slices.keys()];
    const ppm = sharesOf([...slices.values()]);
    const now = new Map(sizes.map((size, place) => [size * SLICE_STEP, ppm[place] ?? 0]));
    const then = new Map(shadow.slices.map(({ gpuMilli, demandPpm }) => [gpuMilli, demandPpm]));
    if (driftPpm(then, now) < DRIFT_MIN_PPM) return;
    const prices = await slicePrices(this.solver, sizes, ppm);
    if (!prices) return;
    const version = shadow.version + 1;
    const found = sizes.map((size, place) => ({
      gpuMilli: size * SLICE_STEP,
      microGpu: prices[place] ?? 0,
      demandPpm: ppm[place] ?? 0,
    }));
    const data = { version, slices: found, solver: this.solver.name, at: this.clock.iso() };
    await this.inbox.observe(ShadowPricesObserved(data), `${version}`);
  }
}

/**
 * Micro-GPU that a slice of each size is worth when the slices asked for are cut from as few GPUs as can be: the dual
 * prices of the pattern program, by column generation. `sizes` are in steps of the slices, `demand` in millionths of all
 * slices. Undefined where the solver finds no answer or the patterns do not settle.
 */
export async function slicePrices(
  solver: LinearSolver,
  sizes: readonly number[],
  demand: readonly number[],
): Promise<readonly number[] | undefined> {
  if (sizes.length === 0) return [];
  const patterns: Pattern[] = [...plainPatterns(sizes)];
  // Prices do not depend on the scale of demand; solvers like numbers near one.
  const thousandths = hedged(demand).map((ppm) => ppm / 1000);
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const solution = await solver.solve(patternProgram(thousandths, patterns));
    if (!solution) return undefined;
    const microGpu = sizes.map((_, place) => toMicro(solution.duals[place] ?? 0));
    const next = payingPattern(sizes, microGpu);
    if (!next) return microGpu;
    patterns.push(next);
  }
  return undefined;
}

const toMicro = (dual: number): number => Math.min(MICRO, Math.max(0, Math.round(dual * MICRO)));
