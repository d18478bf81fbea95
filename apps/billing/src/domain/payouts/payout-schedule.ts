import type { PayoutSchedule } from '@solyx/contracts';

const DAY_MS = 86_400_000;
/** 1970-01-01 was a Thursday; weeks begin on Monday. */
const MONDAY_OFFSET_DAYS = 3;

/** The name of the period that a payout by itself is for; each is paid once. Undefined where none is wanted. */
export function duePeriod(schedule: PayoutSchedule, at: string): string | undefined {
  switch (schedule) {
    case 'manual':
      return undefined;
    case 'day':
      return at.slice(0, 10);
    case 'week':
      return `week-${Math.floor((Date.parse(at) / DAY_MS + MONDAY_OFFSET_DAYS) / 7)}`;
    case 'month':
      return at.slice(0, 7);
  }
}
