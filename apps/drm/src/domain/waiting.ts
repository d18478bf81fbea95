import type { WaitReason } from '@solyx/contracts';

/** 0, 1, 2–3, 4–7, 8–15, …: a place in the queue, no finer than a person cares about. */
export const aheadBucket = (ahead: number): number => (ahead <= 0 ? 0 : 32 - Math.clz32(ahead));

export const reasonsKey = (reasons: readonly WaitReason[]): string =>
  reasons
    .map(({ reason }) => reason)
    .sort()
    .join(',');

/**
 * What would have to change for a workload to be told again that it waits: the reasons, or the bucket of its place.
 * Counts behind the reasons change with every grant, so they do not count here.
 */
export const waitingKey = (reasons: string, ahead: number): string => `${reasons}|${aheadBucket(ahead)}`;
