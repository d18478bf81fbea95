import { PersistentMap } from '@solyx/kernel';
import type { Allocation, WorkloadRequest } from '@solyx/contracts';

/**
 * How long ended work ran, of the longest that it might have: a histogram of parts per million, four steps to each
 * doubling, so that 2 % and 90 % are told apart equally well. Counts are halved when they fill, so that what is long
 * ago fades. Whole numbers alone.
 */
export interface DurationSketch {
  /** By bucket; shorter where the rest is empty. */
  readonly counts: readonly number[];
  readonly total: number;
  /** How many were ever added. */
  readonly seen: number;
  /** The number of the newest addition, over all sketches: the least recent is forgotten first. */
  readonly touched: number;
}

/** Weight of one observation: halving keeps fractions of it. */
const ONE = 1_024;
/** As many count fully; halved past that, so the memory is of the last few hundred. */
const FULL = 256 * ONE;
const PPM = 1_000_000;
const STEPS = 4;

export const emptySketch: DurationSketch = { counts: [], total: 0, seen: 0, touched: 0 };

/** 0 for nothing, then four buckets to each doubling up to a million and beyond. */
function bucketOf(ppm: number): number {
  if (ppm < 1) return 0;
  const octave = 31 - Math.clz32(ppm);
  const within = Math.floor((STEPS * (ppm - 2 ** octave)) / 2 ** octave);
  return 1 + octave * STEPS + within;
}

/** The largest part per million that belongs to a bucket. */
function topOf(bucket: number): number {
  if (bucket === 0) return 1;
  const octave = Math.floor((bucket - 1) / STEPS);
  const within = (bucket - 1) % STEPS;
  return Math.floor(2 ** octave + (2 ** octave * (within + 1)) / STEPS);
}

/** Within a bucket those that fell into it are taken to lie evenly; rounded up. */
function within(bucket: number, part: number, count: number): number {
  const bottom = bucket === 0 ? 0 : topOf(bucket - 1);
  return bottom + Math.ceil(((topOf(bucket) - bottom) * part) / count);
}

/** Milliseconds as parts per million of a maximum; by way of seconds, so that a year of them stays exact. */
const ppmOf = (ranMs: number, maximumMs: number): number =>
  Math.min(PPM, Math.floor((Math.max(0, ranMs) * 1_000) / Math.max(1, Math.floor(maximumMs / 1_000))));

/** Adds one that ran for `ranMs` of at most `maximumMs`. */
export function observed(sketch: DurationSketch, ranMs: number, maximumMs: number, touched: number): DurationSketch {
  const ppm = ppmOf(ranMs, maximumMs);
  const bucket = bucketOf(ppm);
  const isFull = sketch.total + ONE > FULL;
  const counts = isFull ? sketch.counts.map((count) => count >> 1) : [...sketch.counts];
  while (counts.length <= bucket) counts.push(0);
  counts[bucket] = (counts[bucket] ?? 0) + ONE;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return { counts, total, seen: sketch.seen + 1, touched };
}

/**
 * The quantile, in parts per million of the maximum, of work that has run for `ranPpm` already: of what is known to
 * have run at least as long. Where nothing ran longer, the maximum, which is enforced.
 */
export function quantile({ counts }: DurationSketch, perMille: number, ranPpm = 0): number {
  const from = bucketOf(ranPpm);
  let rest = 0;
  for (let bucket = from; bucket < counts.length; bucket += 1) rest += counts[bucket] ?? 0;
  if (rest === 0) return PPM;
  // The smallest bucket up to which `perMille` of them lie; in whole numbers, as total ≤ 2^18 and perMille ≤ 1,000.
  const wanted = Math.ceil((rest * Math.min(1_000, Math.max(0, perMille))) / 1_000);
  let sum = 0;
  for (let bucket = from; bucket < counts.length; bucket += 1) {
    const count = counts[bucket] ?? 0;
    if (count > 0 && sum + count >= wanted) return Math.max(ranPpm, Math.min(PPM, within(bucket, wanted - sum, count)));
    sum += count;
  }
  return PPM;
}

/** Sketches by key; the map never holds more than this. */
export const SKETCHES_MAX = 512;
/** Ended runs from which a sketch is trusted. */
const TRUSTED = 8;

export type Durations = PersistentMap<DurationSketch>;
export const noDurations: Durations = PersistentMap.empty();

export type Basis = 'tenant-shape' | 'shape' | 'tenant' | 'all' | 'maximum';

/** Whose work, and of which shape: what it was asked with, or what it held. */
export interface Who {
  readonly organizationId: string;
  readonly gpus: number;
  /** Of each GPU. */
  readonly gpuMilli: number;
  readonly nodes: number;
}

export const whoAsks = ({ organizationId, resources, nodes }: WorkloadRequest): Who => ({
  organizationId,
  gpus: resources.gpus,
  gpuMilli: resources.gpus === 0 ? 0 : resources.gpuMilli,
  nodes,
});

export function whoHeld({ organizationId, shares }: Allocation): Who {
  const gpus = shares[0]?.gpuIndexes.length ?? 0;
  const gpuMilli = gpus === 0 ? 0 : Math.floor((shares[0]?.gpuMilli ?? 0) / gpus);
  return { organizationId, gpus, gpuMilli, nodes: shares.length };
}

/** From the most telling to the least: whose work of which shape, which shape, whose work, any. */
function keysOf({ organizationId, gpus, gpuMilli, nodes }: Who): readonly (readonly [Basis, string])[] {
  const shape = `${nodes}x${gpus}x${gpuMilli}`;
  return [
    ['tenant-shape', `${organizationId}|${shape}`],
    ['shape', `|${shape}`],
    ['tenant', `${organizationId}|`],
    ['all', '|'],
  ];
}

/** The key that was left alone for longest; ties by key. */
function stalest(durations: Durations): string {
  let found = '';
  let oldest = Number.POSITIVE_INFINITY;
  for (const [key, { touched }] of durations.entries()) {
    if (touched > oldest || (touched === oldest && key > found)) continue;
    found = key;
    oldest = touched;
  }
  return found;
}

/** Learns from a run that ended. */
export function learnDuration(durations: Durations, who: Who, ranMs: number, maximumMs: number): Durations {
  const touched = (durations.get('|')?.touched ?? 0) + 1;
  let next = durations;
  for (const [, key] of keysOf(who)) {
    const known = next.get(key);
    if (!known && next.size >= SKETCHES_MAX) next = next.delete(stalest(next));
    next = next.set(key, observed(known ?? emptySketch, ranMs, maximumMs, touched));
  }
  return next;
}

/** The most telling sketch that has seen enough; undefined where none has. */
export function sketchFor(
  durations: Durations,
  who: Who,
): { readonly sketch: DurationSketch; readonly basis: Basis } | undefined {
  for (const [basis, key] of keysOf(who)) {
    const sketch = durations.get(key);
    if (sketch && sketch.seen >= TRUSTED) return { sketch, basis };
  }
  return undefined;
}

/** Milliseconds that a run should take in all, given that it took `ranMs` so far; the maximum where nothing is known. */
export function foreseenMs(durations: Durations, who: Who, maximumMs: number, asked: Asked): number {
  const known = sketchFor(durations, who);
  if (!known || maximumMs <= 0) return maximumMs;
  const ppm = quantile(known.sketch, asked.perMille, ppmOf(asked.ranMs, maximumMs));
  return Math.max(asked.ranMs, Math.min(maximumMs, Math.ceil((ppm * Math.ceil(maximumMs / 1_000)) / 1_000)));
}

export interface Asked {
  /** Of the runs, how many are over by the answer, per mille. */
  readonly perMille: number;
  readonly ranMs: number;
}
