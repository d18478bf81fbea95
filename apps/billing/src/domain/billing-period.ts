import { Temporal } from '@js-temporal/polyfill';

/** A calendar month of a time zone, as a half-open interval of UTC. */
export interface BillingPeriod {
  /** `2026-01`: the month as people of the zone name it. */
  readonly id: string;
  /** IANA name, `Europe/Berlin`. */
  readonly zone: string;
  /** ISO 8601 UTC, inclusive. */
  readonly from: string;
  /** ISO 8601 UTC, exclusive: the next period's `from`. */
  readonly to: string;
}

/** A calendar day of a time zone: 24 hours, and 23 or 25 where clocks are changed. */
export interface BillingDay {
  /** `2026-03-29`. */
  readonly day: string;
  readonly from: string;
  readonly to: string;
}

/** A part of an interval that lies in one period. */
export interface PeriodSlice {
  readonly period: string;
  readonly from: string;
  readonly to: string;
}

export const PERIOD_ID = /^\d{4}-(0[1-9]|1[0-2])$/;
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/;
const KEPT_MAX = 4_096;

interface Known {
  readonly period: BillingPeriod;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Months never change once asked for, so each is worked out once. Bounded: the oldest half is forgotten. */
const known = new Map<string, Known>();

function remember(key: string, month: Known): Known {
  if (known.size >= KEPT_MAX) {
    for (const old of [...known.keys()].slice(0, KEPT_MAX / 2)) known.delete(old);
  }
  known.set(key, month);
  return month;
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

/** The first instant of a calendar day: midnight, or when the clocks jump over it, the first one after. */
const startOf = (date: Temporal.PlainDate, zone: string): number => date.toZonedDateTime(zone).epochMilliseconds;

function monthOf(id: string, zone: string): Known {
  const key = `${zone} ${id}`;
  const found = known.get(key);
  if (found) return found;
  const first = Temporal.PlainDate.from(`${id}-01`);
  const fromMs = startOf(first, zone);
  const toMs = startOf(first.add({ months: 1 }), zone);
  return remember(key, { period: { id, zone, from: isoOf(fromMs), to: isoOf(toMs) }, fromMs, toMs });
}

/** Whether accounts can be billed in it: a name of the IANA database, not an offset. */
export function isTimeZone(zone: string): boolean {
  if (!ZONE_NAME.test(zone)) return false;
  try {
    return Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone).timeZoneId.length > 0;
  } catch {
    return false;
  }
}

/** The month of that name; `zone` is one that `isTimeZone` accepts, `id` matches PERIOD_ID. */
export const periodNamed = (id: string, zone: string): BillingPeriod => monthOf(id, zone).period;

/** The month that an instant (ISO 8601 UTC) lies in, by the calendar of the zone. */
export function periodOf(at: string, zone: string): BillingPeriod {
  const ms = Date.parse(at);
  // The month of UTC is nearly always the one of the zone, and its neighbours are the only others.
  const guess = monthOf(at.slice(0, 7), zone);
  if (ms >= guess.fromMs && ms < guess.toMs) return guess.period;
  const id = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDate().toPlainYearMonth();
  return monthOf(id.toString(), zone).period;
}

export const nextPeriod = ({ to, zone }: BillingPeriod): BillingPeriod => periodOf(to, zone);

export const previousPeriod = ({ from, zone }: BillingPeriod): BillingPeriod =>
  periodOf(isoOf(Date.parse(from) - 1), zone);

/**
 * [from, to) cut where periods of the zone meet: nothing lost, nothing twice. An interval of no length has no slices.
 * `to` is at most `slicesMax` months later; what lies beyond is left out, so a broken clock cannot make a million.
 */
export function cutAtPeriods(from: string, to: string, zone: string, slicesMax = 1_200): readonly PeriodSlice[] {
  const slices: PeriodSlice[] = [];
  let begun = from;
  while (begun < to && slices.length < slicesMax) {
    const period = periodOf(begun, zone);
    const ended = period.to < to ? period.to : to;
    slices.push({ period: period.id, from: begun, to: ended });
    begun = ended;
  }
  return slices;
}

/** The days of a period, in order; together they are the period. A day that the zone skipped is not among them. */
export function daysOf({ id, zone, to }: BillingPeriod): readonly BillingDay[] {
  const days: BillingDay[] = [];
  let date = Temporal.PlainDate.from(`${id}-01`);
  for (let begun = isoOf(startOf(date, zone)); begun < to;) {
    const next = date.add({ days: 1 });
    const ended = isoOf(startOf(next, zone));
    if (begun < ended) days.push({ day: date.toString(), from: begun, to: ended });
    date = next;
    begun = ended;
  }
  return days;
}

/** Length in milliseconds. */
export const lengthMs = ({ from, to }: { readonly from: string; readonly to: string }): number =>
  Date.parse(to) - Date.parse(from);
