/** A job that somebody wants to run: times in whole seconds since the year began. */
export interface MoneyJob {
  readonly arrivedAt: number;
  readonly seconds: number;
  readonly gpus: number;
  /** Data that it reads, at home: GiB. */
  readonly dataGiB: number;
}

export const YEAR_SECONDS = 365 * 86_400;
const STEP_SECONDS = 60;
const LAP_MINUTES = 20_160;
const BURSTS = 24;
const BURST_SECONDS = 6 * 3_600;
const SIZES = [1, 1, 1, 1, 1, 2, 2, 4, 4, 8] as const;
const MEDIAN_SECONDS = 4_500;
const SPREAD = 1;
const LONGEST_SECONDS = 86_400;

/** mulberry32: a small generator with a good spread, the same on every machine. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Six in ten read nothing, three a little, the others much. */
function dataOf(chance: number): number {
  if (chance < 0.6) return 0;
  if (chance < 0.9) return 20;
  return chance < 0.98 ? 200 : 1_000;
}

/**
 * A year of jobs whose GPUs follow a recorded curve of demand (GPUs by minute, 14 days), lap after lap, each lap scaled
 * by chance, with bursts of twice as much. Poisson arrivals; run times lognormal. The same seed gives the same year.
 */
export function yearOf(curve: ArrayLike<number>, seed: number): readonly MoneyJob[] {
  const random = generator(seed);
  const laps = Array.from({ length: Math.ceil(YEAR_SECONDS / (LAP_MINUTES * 60)) }, () => 0.75 + random() * 0.5);
  const bursts = Array.from({ length: BURSTS }, () => Math.floor(random() * YEAR_SECONDS));
  const meanGpus = SIZES.reduce((sum: number, gpus) => sum + gpus, 0) / SIZES.length;
  const meanSeconds = MEDIAN_SECONDS * Math.exp((SPREAD * SPREAD) / 2);
  const jobs: MoneyJob[] = [];
  for (let at = 0; at < YEAR_SECONDS; at += STEP_SECONDS) {
    const minute = Math.floor(at / 60);
    const burst = bursts.some((from) => at >= from && at < from + BURST_SECONDS) ? 2 : 1;
    const gpus = (curve[minute % LAP_MINUTES] ?? 0) * (laps[Math.floor(minute / LAP_MINUTES)] ?? 1) * burst;
    let expected = (gpus * STEP_SECONDS) / (meanGpus * meanSeconds);
    for (expected += Math.log(1 - random()); expected > 0; expected += Math.log(1 - random())) {
      const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      const seconds = Math.min(LONGEST_SECONDS, Math.max(60, Math.round(MEDIAN_SECONDS * Math.exp(SPREAD * normal))));
      const size = SIZES[Math.floor(random() * SIZES.length)] ?? 1;
      jobs.push({
        arrivedAt: at + Math.floor(random() * STEP_SECONDS),
        seconds,
        gpus: size,
        dataGiB: dataOf(random()),
      });
    }
  }
  return jobs.sort((a, b) => a.arrivedAt - b.arrivedAt);
}
