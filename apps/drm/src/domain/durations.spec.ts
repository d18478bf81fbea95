import fc from 'fast-check';
import { calibrated, calibrationOf, quantilesOf, uncalibrated } from './calibration';
import {
  emptySketch,
  foreseenMs,
  learnDuration,
  noDurations,
  observed,
  quantile,
  sketchFor,
  SKETCHES_MAX,
  type DurationSketch,
} from './durations';

const who = { organizationId: 'acme', gpus: 1, gpuMilli: 1_000, nodes: 1 };
const sketchOf = (ran: readonly number[], maximum: number): DurationSketch =>
  ran.reduce((sketch, ms, place) => observed(sketch, ms, maximum, place), emptySketch);

describe('Durations', () => {
  it('knows nothing of work that never ended but its maximum', () => {
    expect(foreseenMs(noDurations, who, 3_600_000, { perMille: 500, ranMs: 0 })).toBe(3_600_000);
    expect(sketchFor(noDurations, who)).toBeUndefined();
  });

  it('learns by tenant and shape, and falls back to what is known', () => {
    let durations = noDurations;
    for (let i = 0; i < 8; i += 1) durations = learnDuration(durations, who, 360_000, 3_600_000);
    expect(sketchFor(durations, who)?.basis).toBe('tenant-shape');
    expect(sketchFor(durations, { ...who, organizationId: 'other' })?.basis).toBe('shape');
    expect(sketchFor(durations, { ...who, gpus: 4 })?.basis).toBe('tenant');
    expect(sketchFor(durations, { ...who, gpus: 4, organizationId: 'other' })?.basis).toBe('all');
    const foreseen = foreseenMs(durations, who, 3_600_000, { perMille: 500, ranMs: 0 });
    expect(foreseen).toBeGreaterThanOrEqual(360_000);
    expect(foreseen).toBeLessThanOrEqual(450_000);
  });

  it('takes the maximum where it has run longer than any before', () => {
    let durations = noDurations;
    for (let i = 0; i < 8; i += 1) durations = learnDuration(durations, who, 60_000, 3_600_000);
    expect(foreseenMs(durations, who, 3_600_000, { perMille: 500, ranMs: 1_800_000 })).toBe(3_600_000);
  });

  it('forgets: after as many again, the new are what counts', () => {
    const old = Array.from({ length: 256 }, () => 3_000_000);
    const young = Array.from({ length: 1_024 }, () => 60_000);
    expect(quantile(sketchOf([...old, ...young], 3_600_000), 900)).toBeLessThan(25_000);
  });

  it('holds no more sketches than its bound, and forgets the one left alone for longest', () => {
    let durations = noDurations;
    for (let i = 0; i < SKETCHES_MAX; i += 1) {
      durations = learnDuration(durations, { ...who, organizationId: `o${i}` }, 60_000, 3_600_000);
    }
    expect(durations.size).toBeLessThanOrEqual(SKETCHES_MAX);
    expect(durations.has('o0|')).toBe(false);
    expect(durations.has(`o${SKETCHES_MAX - 1}|`)).toBe(true);
    expect(durations.has('|')).toBe(true);
  });

  const runs = fc.array(fc.nat(3_600_000), { minLength: 1, maxLength: 200 });

  it('answers quantiles within a bucket of the true ones, and in their order', () => {
    fc.assert(
      fc.property(runs, fc.nat(1_000), fc.nat(1_000), (ran, a, b) => {
        const sketch = sketchOf(ran, 3_600_000);
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(quantile(sketch, low)).toBeLessThanOrEqual(quantile(sketch, high));
        const sorted = [...ran].sort((x, y) => x - y);
        const truth = sorted[Math.max(0, Math.ceil((ran.length * high) / 1_000) - 1)] ?? 0;
        const truthPpm = Math.floor((truth * 1_000) / 3_600);
        expect(quantile(sketch, high)).toBeGreaterThanOrEqual(Math.floor(truthPpm * 0.79));
        expect(quantile(sketch, high)).toBeLessThanOrEqual(Math.max(2, truthPpm * 1.26));
      }),
      { numRuns: 1_000 },
    );
  });

  it('never foresees an end before now, nor after the maximum', () => {
    fc.assert(
      fc.property(runs, fc.nat(1_000), fc.nat(3_600_000), (ran, perMille, ranMs) => {
        let durations = noDurations;
        for (const ms of ran) durations = learnDuration(durations, who, ms, 3_600_000);
        const foreseen = foreseenMs(durations, who, 3_600_000, { perMille, ranMs });
        expect(foreseen).toBeGreaterThanOrEqual(ranMs);
        expect(foreseen).toBeLessThanOrEqual(3_600_000);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('Calibration', () => {
  const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString();
  const foreseen = { workloadId: 'w', attempt: 1, p10At: at(100), p50At: at(200), p90At: at(300) };

  it('counts what held, what came earlier and what came later', () => {
    const told = [150, 300, 50, 400].reduce((state, s) => calibrated(state, foreseen, at(s)), uncalibrated);
    expect(calibrationOf(told)).toEqual({
      starts: 4,
      coveredPerMille: 500,
      earlierPerMille: 250,
      laterPerMille: 250,
      errorSeconds: 125,
    });
  });

  it('widens with misses and narrows with hits', () => {
    const missed = calibrated(uncalibrated, foreseen, at(900));
    const hit = calibrated(uncalibrated, foreseen, at(200));
    expect(quantilesOf(missed).high).toBeGreaterThan(quantilesOf(uncalibrated).high);
    expect(hit.spread).toBeLessThan(uncalibrated.spread);
  });

  it('covers eight of ten in the long run, whatever the distribution, by widening or narrowing', () => {
    // The truth is drawn from a seeded generator, three times as wide as the sketch believes at first.
    for (const width of [300, 1_000, 3_000]) {
      let state = uncalibrated;
      let covered = 0;
      let seed = 42;
      const draws = 4_000;
      for (let i = 0; i < draws; i += 1) {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
        const truth = Math.floor((seed / 2_147_483_648) * 1_000);
        const { low, high } = quantilesOf(state);
        // The forecaster thinks quantiles are those of a uniform of this width around the middle.
        const edge = (perMille: number): number => 500 + Math.floor(((perMille - 500) * width) / 1_000);
        const said = {
          workloadId: 'w',
          attempt: 1,
          p10At: at(edge(low) * 10),
          p50At: at(5_000),
          p90At: at(edge(high) * 10),
        };
        const before = state.covered;
        state = calibrated(state, said, at(truth * 10));
        covered += state.covered > before ? 1 : 0;
      }
      const isReachable = width >= 1_000;
      if (isReachable) expect(Math.abs(covered / draws - 0.8)).toBeLessThan(0.05);
      else expect(quantilesOf(state).high).toBe(995);
    }
  });
});
