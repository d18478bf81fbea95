import type { Calibration } from '@solyx/contracts';
import type { StartsForeseen } from '@solyx/contracts/drm';
import { millisOf } from './instants';

export type Foreseen = StartsForeseen['data']['starts'][number];

/** How intervals that were said compare with what happened, and how wide they have to be. */
export interface CalibrationState {
  readonly starts: number;
  readonly covered: number;
  readonly earlier: number;
  readonly later: number;
  /** Sum of the distances of the middle from the truth, in seconds. */
  readonly errorSeconds: number;
  /**
   * Half the width of the interval in quantiles, in millionths: the ends are the quantiles 0.5 ± this. It grows with
   * each miss and shrinks with each hit so that, whatever the work is like, eight of ten are covered in the long run
   * (adaptive conformal inference: Gibbs & Candès, NeurIPS 2021).
   */
  readonly spread: number;
}

const SPREAD_FIRST = 400_000;
const SPREAD_MIN = 20_000;
const SPREAD_MAX = 495_000;
/** Two misses in ten: a miss widens by four times what a hit narrows. */
const ON_MISS = 16_000;
const ON_HIT = -4_000;

export const uncalibrated: CalibrationState = {
  starts: 0,
  covered: 0,
  earlier: 0,
  later: 0,
  errorSeconds: 0,
  spread: SPREAD_FIRST,
};

/** Counts are halved together past this: what is long ago fades, and the mean stays right. */
const STARTS_MAX = 10_000;

const halved = (state: CalibrationState): CalibrationState => ({
  starts: Math.floor(state.starts / 2),
  covered: Math.floor(state.covered / 2),
  earlier: Math.floor(state.earlier / 2),
  later: Math.floor(state.later / 2),
  errorSeconds: Math.floor(state.errorSeconds / 2),
  spread: state.spread,
});

/** A start that had been foreseen has come. A second early or late is on time: that is how finely the plane ticks. */
export function calibrated(state: CalibrationState, foreseen: Foreseen, startedAt: string): CalibrationState {
  const started = millisOf(startedAt);
  const isEarlier = started < millisOf(foreseen.p10At) - 1_000;
  const isLater = started > millisOf(foreseen.p90At) + 1_000;
  const isMiss = isEarlier || isLater;
  const before = state.starts >= STARTS_MAX ? halved(state) : state;
  const moved = before.spread + (isMiss ? ON_MISS : ON_HIT);
  return {
    starts: before.starts + 1,
    covered: before.covered + (isMiss ? 0 : 1),
    earlier: before.earlier + (isEarlier ? 1 : 0),
    later: before.later + (isLater ? 1 : 0),
    errorSeconds: before.errorSeconds + Math.floor(Math.abs(started - millisOf(foreseen.p50At)) / 1_000),
    spread: Math.min(SPREAD_MAX, Math.max(SPREAD_MIN, moved)),
  };
}

/** For people: per mille of the starts, and the mean error. */
export function calibrationOf({ starts, covered, earlier, later, errorSeconds }: CalibrationState): Calibration {
  const perMille = (count: number): number => (starts === 0 ? 0 : Math.floor((count * 1_000) / starts));
  return {
    starts,
    coveredPerMille: perMille(covered),
    earlierPerMille: perMille(earlier),
    laterPerMille: perMille(later),
    errorSeconds: starts === 0 ? 0 : Math.floor(errorSeconds / starts),
  };
}

/** The two quantiles between which the truth should lie, per mille. */
export const quantilesOf = ({ spread }: CalibrationState): { readonly low: number; readonly high: number } => ({
  low: Math.floor((500_000 - spread) / 1_000),
  high: Math.ceil((500_000 + spread) / 1_000),
});
