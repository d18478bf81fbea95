import { Temporal } from '@js-temporal/polyfill';
import type { BudgetSet } from '@solyx/contracts/billing';
import { periodOf } from './billing-period';

export type BudgetPeriod = BudgetSet['data']['period'];

export const UTC = 'UTC';

/** The month of an instant (ISO 8601 UTC), `2026-01`, by the calendar of the zone. */
export const monthOf = (at: string, zone = UTC): string => (zone === UTC ? at.slice(0, 7) : periodOf(at, zone).id);

/** The day of an instant, `2026-01-31`, by the calendar of the zone. */
export const dayOf = (at: string, zone = UTC): string =>
  zone === UTC ? at.slice(0, 10) : Temporal.Instant.from(at).toZonedDateTimeISO(zone).toPlainDate().toString();

/** Names the period of a budget that an instant lies in. */
export function periodKeyOf(period: BudgetPeriod, at: string, zone = UTC): string {
  if (period === 'total') return 'total';
  return period === 'day' ? dayOf(at, zone) : monthOf(at, zone);
}
