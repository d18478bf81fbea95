import type { WorkloadRequest } from '@solyx/contracts';
import { millisOf } from '../instants';

/** Work without a deadline should start within a day: that is its deadline among those that have one. */
const PATIENCE_MS = 86_400_000;

/**
 * The latest good start, milliseconds since 1970: the deadline less the longest run, but never later than for work
 * without one. The least slack goes first (slack is this less now, and now is the same for all).
 */
export function dueMs({ queuedAt, deadline, limits }: WorkloadRequest): number {
  const patient = millisOf(queuedAt) + PATIENCE_MS;
  return deadline === undefined ? patient : Math.min(patient, millisOf(deadline) - limits.maxRuntimeSeconds * 1000);
}

const byId = (a: WorkloadRequest, b: WorkloadRequest): number =>
  a.workloadId < b.workloadId ? -1 : a.workloadId > b.workloadId ? 1 : 0;

/** The longest waiting first; negative where `a` goes first. */
export function byAge(a: WorkloadRequest, b: WorkloadRequest): number {
  if (a.queuedAt !== b.queuedAt) return a.queuedAt < b.queuedAt ? -1 : 1;
  return byId(a, b);
}

/** Within a queue: higher priority, then least slack, then age. */
export const byClass = (a: WorkloadRequest, b: WorkloadRequest): number =>
  b.priority - a.priority || dueMs(a) - dueMs(b) || byAge(a, b);

/** Where in a sorted list an item is, or belongs. */
export function placeIn(length: number, isBefore: (place: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const inserted = (items: readonly string[], place: number, item: string): readonly string[] => [
  ...items.slice(0, place),
  item,
  ...items.slice(place),
];

export const removedAt = (items: readonly string[], place: number, item: string): readonly string[] =>
  items[place] === item ? [...items.slice(0, place), ...items.slice(place + 1)] : items;
