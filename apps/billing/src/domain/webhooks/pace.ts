import type { Verdict } from './retry';

/** How fast one endpoint is served: requests under way at once, and not before when. */
export interface Pace {
  readonly atOnce: number;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
}

export const AT_ONCE_MAX = 16;
const THROTTLE_MS = 1_000;
const THROTTLE_MAX_MS = 60_000;

export const FULL_PACE: Pace = { atOnce: AT_ONCE_MAX, notBefore: 0 };

/** Halved and paused when the receiver asks to go slower; halved where nothing arrives; one more after each success. */
export function paceAfter(pace: Pace, verdict: Verdict, now: number, retryAfterMs = 0): Pace {
  if (verdict === 'delivered') return { ...pace, atOnce: Math.min(AT_ONCE_MAX, pace.atOnce + 1) };
  const atOnce = Math.max(1, Math.floor(pace.atOnce / 2));
  if (verdict !== 'throttled') return { ...pace, atOnce };
  const pause = Math.min(THROTTLE_MAX_MS, Math.max(THROTTLE_MS, retryAfterMs));
  return { atOnce, notBefore: Math.max(pace.notBefore, now + pause) };
}
