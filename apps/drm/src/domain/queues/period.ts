import type { QueueBudget } from '@solyx/contracts';

export type Period = QueueBudget['period'];

const DAY_MS = 86_400_000;
/** 1970-01-01 was a Thursday; the Monday before was three days earlier. */
const MONDAY_OFFSET_MS = 3 * DAY_MS;
const FOR_EVER = Number.MAX_SAFE_INTEGER;

export interface Span {
  /** Milliseconds since 1970; inclusive. */
  readonly from: number;
  /** Exclusive. */
  readonly until: number;
}

function monthOf(now: number): Span {
  const date = new Date(now);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return { from: Date.UTC(year, month), until: Date.UTC(year, month + 1) };
}

/** The period in which an instant lies: periods begin at 00:00 UTC, weeks on Monday; the total never ends. */
export function periodAt(period: Period, now: number): Span {
  switch (period) {
    case 'day': {
      const from = now - (now % DAY_MS);
      return { from, until: from + DAY_MS };
    }
    case 'week': {
      const from = now - ((now + MONDAY_OFFSET_MS) % (7 * DAY_MS));
      return { from, until: from + 7 * DAY_MS };
    }
    case 'month':
      return monthOf(now);
    case 'total':
      return { from: 0, until: FOR_EVER };
  }
}
