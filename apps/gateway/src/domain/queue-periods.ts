import type { QueueBudget } from '@solyx/contracts';

const DAY_MS = 86_400_000;
/** 1970-01-01 was a Thursday: the Monday before was three days earlier. */
const MONDAY_OFFSET_MS = 3 * DAY_MS;
const HOUR_MS = 3_600_000n;

/** When the period of a budget began, milliseconds since 1970: at 00:00 UTC, weeks on Monday, the total at the beginning. */
export function periodStart(period: QueueBudget['period'], now: number): number {
  if (period === 'day') return now - (now % DAY_MS);
  if (period === 'week') return now - ((now + MONDAY_OFFSET_MS) % (7 * DAY_MS));
  if (period === 'total') return 0;
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
}

/** One attempt of a job, from its grant to its release; `to` is absent while it runs. */
export interface Run {
  readonly from: string | null;
  readonly to: string | null;
  readonly gpuMilli: number;
  readonly microUsdPerHour: string;
  readonly microUsdOnce: string;
}

export interface Spent {
  /** Thousandths of a GPU-hour. */
  readonly gpuMilliHours: number;
  readonly microUsd: string;
}

/** What runs have spent since an instant, up to now; amounts are rounded down once, at the end. */
export function spentSince(runs: readonly Run[], since: number, now: number): Spent {
  let gpuMilliMs = 0n;
  let microUsdMs = 0n;
  for (const { from, to, gpuMilli, microUsdPerHour, microUsdOnce } of runs) {
    if (from === null) continue;
    const begun = Date.parse(from);
    const until = Math.min(now, to === null ? now : Date.parse(to));
    const ms = BigInt(Math.max(0, until - Math.max(since, begun)));
    gpuMilliMs += BigInt(gpuMilli) * ms;
    microUsdMs += BigInt(microUsdPerHour) * ms;
    if (begun >= since && begun <= now) microUsdMs += BigInt(microUsdOnce) * HOUR_MS;
  }
  return { gpuMilliHours: Number(gpuMilliMs / HOUR_MS), microUsd: String(microUsdMs / HOUR_MS) };
}
