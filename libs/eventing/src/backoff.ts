import type { Random } from '@solyx/kernel';

export interface BackoffOptions {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** Exponential with full-range jitter in [half, whole], so that many who failed together do not return together. */
export function backoffMs(attempt: number, { firstMs, mostMs }: BackoffOptions, random: Random): number {
  const whole = Math.min(mostMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return whole / 2 + (whole / 2) * random.next();
}

/** Waits; false where the signal ended the wait. */
export function sleep(ms: number, signal?: AbortSignal): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve(true);
    }, ms);
    const abort = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    signal?.addEventListener('abort', abort, { once: true });
  });
}
