const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * Pauses after the first, second … failed attempt, milliseconds: ten attempts over 75.6 hours, as Standard Webhooks
 * proposes. The first is short, for what restarts; the last is a day, for who sleeps.
 */
export const RETRY_PAUSES_MS: readonly number[] = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];
export const ATTEMPTS_MAX = RETRY_PAUSES_MS.length + 1;
const JITTER = 0.2;
/** A receiver may ask for a longer pause, but not for ever. */
const RETRY_AFTER_MAX_MS = 24 * HOUR;

export interface RetryWish {
  /** Attempts made, the failed one included. */
  readonly attempts: number;
  /** Uniform in [0, 1). */
  readonly chance: number;
  /** What the receiver asked for with Retry-After. */
  readonly retryAfterMs?: number;
}

/** How long until the next attempt, milliseconds; undefined where that was the last. */
export function pauseAfter({ attempts, chance, retryAfterMs = 0 }: RetryWish): number | undefined {
  const pause = RETRY_PAUSES_MS[attempts - 1];
  if (pause === undefined) return undefined;
  const jittered = Math.round(pause * (1 - JITTER + 2 * JITTER * chance));
  return Math.max(jittered, Math.min(retryAfterMs, RETRY_AFTER_MAX_MS));
}

/**
 * Retry-After of RFC 9110, seconds or a date, as milliseconds from `now`; undefined where it says neither. Negative
 * waits are none.
 */
export function retryAfterOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * SECOND;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

export type Verdict = 'delivered' | 'failed' | 'throttled' | 'gone';

/** 2xx arrived; 410 wants no more; 429, 502 and 504 ask to go slower; all else, a redirect too, did not arrive. */
export function verdictOf(status: number | undefined): Verdict {
  if (status === undefined) return 'failed';
  if (status >= 200 && status < 300) return 'delivered';
  if (status === 410) return 'gone';
  return status === 429 || status === 502 || status === 504 ? 'throttled' : 'failed';
}
